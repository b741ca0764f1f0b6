"""A response is its subject's: who is only named as author reaches nothing by it.
[FHIR R4 Compartment Patient; ours]
"""

from tests.conformance.rest.asking import NAME, OTHER_NAME, QR, Day, found_in, fresh, issue_codes, mine
from tests.world import World


def test_only_ones_own_are_there(day: Day) -> None:
    found = found_in(day.app.get(QR))

    assert {one["subject"]["reference"] for one in found} == {f"Patient/{NAME}"}
    assert day.app.get(f"{QR}/{day.theirs}").status_code == 404


def test_nobody_writes_as_anothers_author(world: World) -> None:
    """So that no response can have an author who is not its subject."""
    for element in ("author", "source", "subject"):
        sent = fresh(world) | {element: {"reference": f"Patient/{OTHER_NAME}"}}
        answer = mine(world).post(QR, sent)
        assert (answer.status_code, issue_codes(answer)) == (422, ["forbidden"])
    assert mine(world).get(f"{QR}?author={OTHER_NAME}").status_code == 403
