"""The compliance officer: who saw what, whether the log is whole, and an export without a word of a patient's."""

import json

from tests.journeys.conftest import House

WORDS = "The ceiling opened like a tent"


def test_the_officer_finds_out_who_saw_a_patient(house: House) -> None:
    """Filter, the one step to "who saw this patient", the check of the log, and the export."""
    zz = house.patient("patient-test")
    zz.comes_from_the_portal()
    zz.starts_writing("Infusion 1")
    zz.writes_everything(WORDS)
    zz.sends()
    maren = house.clinician()
    maren.opens_chart("patient-test")
    maren.opens_the_journal()
    maren.sees(f"{WORDS} 1")
    ines = house.officer()
    ines.opens_the_access_log()
    ines.filters(patient="patient-test", deed="read")
    assert ines.column("Deed") == {"read"}
    assert ines.column("Patient") == {"patient-test"}
    ines.page.get_by_role("link", name="patient-test").first.click()
    ines.sees_heading("Who saw patient patient-test")
    assert {"Patient/patient-test", "Practitioner/clinician-1"} <= ines.column("Person")
    ines.does_not_see(WORDS)
    exported = ines.downloads(ines.page.get_by_role("link", name="Export these records")).path()
    lines = exported.read_text("utf-8").splitlines()
    assert {json.loads(line)["resourceType"] for line in lines} == {"AuditEvent"}
    assert WORDS not in exported.read_text("utf-8")
    ines.follows("Back to the access log")
    ines.presses("Check the log now")
    ines.sees_heading("The log is whole")
