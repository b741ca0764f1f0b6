"""Whoever is asked for consent reads every scope in plain words and may cross single ones out; what is left is what is
granted. [SMART App Launch 2.2, Best Practices, Scope Consent]
"""

from tests.conformance.smart.granting import PATIENT, VISITS
from tests.sandbox.actors import query
from tests.sandbox.conftest import Clinic


def test_what_is_crossed_out_is_not_granted(clinic: Clinic) -> None:
    app = clinic.smart_app("asking-app", "launch/patient patient/Encounter.rs patient/Patient.r")
    visitor = clinic.visitor(PATIENT)
    page = visitor.open(app.authorize_address())
    assert "visits" in page.text
    assert "patient/Encounter.rs</" not in page.text
    answer = visitor.press(page, "decision", "allow", scope=["patient/Patient.r"])
    said = app.exchange(query(answer.headers["Location"])["code"]).json()

    assert said["scope"].split() == ["launch/patient", "patient/Patient.r"]
    assert app.read("Patient/patient-two-in", said["access_token"]).status_code == 200
    assert app.read(VISITS, said["access_token"]).status_code == 403
