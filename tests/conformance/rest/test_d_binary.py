"""A file is there for whom its document is there, and by no other way. [FHIR R4 binary, Security Considerations]"""

from tests.conformance.rest.asking import BINARY_JSON, OTHER_NAME, Day, backend, issue_codes, mine, staff


def test_it_is_reached_as_far_as_its_document(day: Day) -> None:
    place = day.place("Binary")

    for app in (day.app, staff(day.world), staff(day.world, "patient-six-done"), backend(day.world)):
        assert app.get(place).status_code == 200
    for app in (mine(day.world, OTHER_NAME), staff(day.world, OTHER_NAME)):
        for headers in ({}, BINARY_JSON):
            foreign, absent = (app.get(one, **headers) for one in (place, "Binary/nothing"))
            assert (foreign.status_code, foreign.content) == (404, absent.content)


def test_it_needs_a_scope_of_its_own(day: Day) -> None:
    answer = mine(day.world, scope="patient/DocumentReference.rs").get(day.place("Binary"))

    assert (answer.status_code, issue_codes(answer)) == (403, ["forbidden"])
