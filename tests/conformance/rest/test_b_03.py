"""securityContext names the document by whose rules the bytes are guarded: who may not have that has not these.
[FHIR R4 binary, Security Considerations]
"""

from tests.conformance.rest.asking import BINARY_JSON, DR, OTHER_NAME, Day, backend, mine, staff


def test_it_names_its_document(day: Day) -> None:
    guarded_by = day.app.get(day.place("Binary"), **BINARY_JSON).json()["securityContext"]["reference"]

    assert guarded_by == day.place(DR)
    for app in (day.app, staff(day.world), backend(day.world)):
        assert app.get(guarded_by).status_code == app.get(day.place("Binary")).status_code == 200
    other = mine(day.world, OTHER_NAME)
    assert other.get(guarded_by).status_code == other.get(day.place("Binary")).status_code == 404
