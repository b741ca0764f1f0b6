"""A request with scopes of a patient, but without a word on which patient, is taken as if it had asked for one. [SMART
App Launch 2.2, scopes, Scopes for requesting FHIR resources]
"""

from tests.conformance.smart.granting import VISITS, granted
from tests.sandbox.conftest import Clinic


def test_the_patient_is_given_all_the_same(clinic: Clinic) -> None:
    app, said = granted(clinic, "patient/Encounter.rs")

    assert said["patient"] == "patient-two-in"
    assert app.read(VISITS, said["access_token"]).status_code == 200
