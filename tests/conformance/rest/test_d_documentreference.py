"""A document is its subject's and nobody else's. [FHIR R4 Compartment Patient; ours]"""

from tests.conformance.rest.asking import DR, NAME, OTHER_NAME, Day, found_in, mine, names


def test_only_ones_own_are_there(day: Day) -> None:
    found = found_in(day.app.get(DR))

    assert {one["subject"]["reference"] for one in found} == {f"Patient/{NAME}"}
    assert {str(one["id"]) for one in found} == {day.first, day.second}
    assert names(mine(day.world, OTHER_NAME).get(DR)) == [day.theirs]
    assert day.app.get(f"{DR}/{day.theirs}").status_code == 404
    assert day.app.get(f"{DR}?author={OTHER_NAME}").status_code == 403
