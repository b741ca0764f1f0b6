"""Only an active form takes new responses; what was written in one that is retired by now stays readable.
[house rule; FHIR R4 publication-status]
"""

from dataclasses import replace

import pytest

from tests.conformance.sdc.asking import QR, first_set, mine, publish, taken, told
from tests.world import World


@pytest.mark.parametrize("status", ["draft", "retired", "unknown"])
def test_no_other_is_newly_answered_and_what_was_written_stays(world: World, status: str) -> None:
    sent = first_set(world)
    kept = taken(world, sent)
    known = world.desk.library.by_canonical(sent["questionnaire"])
    assert known is not None
    publish(world, replace(known, status=status))

    new = mine(world).post(QR, sent | {"encounter": {"reference": "Encounter/six-done-2"}})
    begun = mine(world).post("Questionnaire/after-infusion-1/$populate", _asked())

    assert told(new) == [("business-rule", f"{QR}.questionnaire", "error")]
    assert begun.status_code == 422
    assert mine(world).get(f"{QR}/{kept['id']}").json() == kept


def _asked() -> dict[str, object]:
    subject = {"name": "subject", "valueReference": {"reference": "Patient/patient-six-done"}}
    return {"resourceType": "Parameters", "parameter": [subject]}
