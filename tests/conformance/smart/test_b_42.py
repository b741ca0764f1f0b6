"""A search within a patient's scope finds that patient's things alone; one that names another patient is answered with
403 and `forbidden`. [Our rule; SMART App Launch 2.2, scopes, Patient-specific scopes]
"""

import pytest

from tests.conformance.smart.asking import MINE, QR, THEIRS, codes, scoped
from tests.people import patient
from tests.world import World

SCOPE = " ".join(f"patient/{kind}.rs" for kind in (QR, "Encounter", "DocumentReference", "Task"))


@pytest.mark.parametrize("kind", [QR, "Encounter", "DocumentReference", "Task"])
def test_another_patient_is_refused(world: World, kind: str) -> None:
    for query in (f"patient={THEIRS}", f"patient=Patient/{THEIRS}", f"patient={MINE},{THEIRS}"):
        answer = scoped(world, SCOPE).get(f"{kind}?{query}")
        assert (answer.status_code, codes(answer)) == (403, ["forbidden"]), query


def test_without_a_word_on_whom_it_finds_ones_own(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": "mine"})
    patient(world, THEIRS).write("eight-done-1", {"ai1.1": "theirs"})

    for query in ("", f"?patient={MINE}"):
        answer = scoped(world, SCOPE).get(f"{QR}{query}")
        assert {one["resource"]["subject"]["reference"] for one in answer.json()["entry"]} == {
            f"Patient/{MINE}"
        }
