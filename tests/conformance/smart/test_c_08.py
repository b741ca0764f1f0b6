"""Staff who come from a bookmark choose the patient for `launch/patient` and the visit for `launch/encounter`; a
patient has only their own. [SMART App Launch 2.2, scopes, Standalone apps]
"""

from tests.conformance.smart.granting import an_app, granted
from tests.sandbox.actors import forms, query
from tests.sandbox.conftest import Clinic

BOTH = "launch/patient launch/encounter patient/Encounter.rs"


def test_staff_choose_both(clinic: Clinic) -> None:
    app, visitor = an_app(clinic, BOTH), clinic.visitor("Practitioner/clinician-1")
    page = visitor.press(visitor.open(app.authorize_address()), "patient", "patient-six-done")
    encounter = next(value for _, value in forms(page)[-1].buttons if value)
    back = query(visitor.press(page, "encounter", encounter).headers["Location"])
    said = app.exchange(back["code"]).json()

    assert (said["patient"], said["encounter"]) == ("patient-six-done", encounter)


def test_a_patient_is_not_asked_whose_record(clinic: Clinic) -> None:
    assert granted(clinic, "launch/patient patient/Encounter.rs")[1]["patient"] == "patient-two-in"
