"""A Task is there for whom it is for. [FHIR R4 Compartment Patient; ours]"""

from tests.conformance.rest.asking import NAME, OTHER_NAME, Day, backend, found_in, mine


def test_only_ones_own_are_there(day: Day) -> None:
    own, theirs = (found_in(mine(day.world, name).get("Task")) for name in (NAME, OTHER_NAME))

    assert {one["for"]["reference"] for one in own} == {f"Patient/{NAME}"}
    assert {one["for"]["reference"] for one in theirs} == {f"Patient/{OTHER_NAME}"}
    assert {day.app.get(f"Task/{one['id']}").status_code for one in theirs} == {404}
    everybodys = found_in(backend(day.world).get("Task?_count=200"))
    assert len(everybodys) == len(own) + len(theirs)
