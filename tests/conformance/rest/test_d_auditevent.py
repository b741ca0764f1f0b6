"""The access log is read by officers and listed systems; a patient's token opens none of it.
[FHIR R4 security; decision 0020]
"""

import pytest

from tests.conformance.rest.asking import Day, backend, issue_codes, mine, names, staff
from tests.people import App, staff_app


def officer(day: Day) -> App:
    return staff_app(day.world, "officer-1", scope="user/AuditEvent.rs")


@pytest.mark.parametrize("path", ["AuditEvent", "AuditEvent/nothing", "AuditEvent?patient=patient-six-done"])
def test_no_patient_and_no_clinician_reads_it(day: Day, path: str) -> None:
    for app in (mine(day.world), mine(day.world, scope="patient/*.cruds"), staff(day.world)):
        answer = app.get(path)
        assert (answer.status_code, issue_codes(answer)) == (403, ["forbidden"])


def test_an_officer_and_a_listed_system_do(day: Day) -> None:
    [newest] = names(officer(day).get("AuditEvent?_count=1"))

    for app in (officer(day), backend(day.world)):
        assert app.get(f"AuditEvent/{newest}").status_code == 200
