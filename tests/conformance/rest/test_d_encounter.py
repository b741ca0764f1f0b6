"""A visit is its patient's. [FHIR R4 Compartment Patient]"""

from tests.conformance.rest.asking import NAME, OTHER_NAME, Day, found_in, mine


def test_only_ones_own_are_there(day: Day) -> None:
    found = found_in(day.app.get("Encounter"))

    assert {one["subject"]["reference"] for one in found} == {f"Patient/{NAME}"}
    assert day.app.get("Encounter/eight-done-1").status_code == 404
    assert mine(day.world, OTHER_NAME).get("Encounter/eight-done-1").status_code == 200
