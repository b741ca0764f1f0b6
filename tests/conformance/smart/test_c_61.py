"""The token answer after a launch says the patient, the visit that was open, and whether the app has to show the
patient's name. [SMART App Launch 2.2, scopes, Launch context arrives with your access_token]
"""

from tests.sandbox.actors import query
from tests.sandbox.conftest import Clinic


def test_the_context_is_said_and_can_be_read(clinic: Clinic) -> None:
    visitor = clinic.visitor("Practitioner/clinician-1")
    encounter = clinic.parts.charts.visits("patient-two-in")[0].id
    app = clinic.smart_app("clinician-app", "openid fhirUser launch user/Patient.rs user/Encounter.rs")
    value = query(visitor.launch_from_chart("clinician-app", "patient-two-in", encounter))["launch"]
    said = app.exchange(app.code(visitor, launch=value)).json()

    assert said["need_patient_banner"] is True
    for path in (f"Patient/{said['patient']}", f"Encounter/{said['encounter']}"):
        assert app.read(path, said["access_token"]).status_code == 200
