"""A launch value that is made up, used already, made for another app or for another person opens nothing. [Our rule;
SMART App Launch 2.2, scopes, Apps that launch from the EHR]
"""

from tests.conformance.smart.granting import PATIENT, an_app
from tests.sandbox.actors import query
from tests.sandbox.conftest import Clinic

LAUNCHED = "openid fhirUser launch patient/Patient.r"


def test_only_the_one_it_was_made_for_may_use_it_and_once(clinic: Clinic) -> None:
    visitor, app = clinic.visitor(PATIENT), an_app(clinic, LAUNCHED)
    value = query(visitor.launch_from_portal("patient-app"))["launch"]
    other_person = clinic.visitor("Patient/patient-six-done")
    other_app = clinic.smart_app("asking-app", LAUNCHED)

    for who, through, launch in (
        (visitor, app, "made-up"),
        (visitor, other_app, value),
        (other_person, app, value),
    ):
        back = query(who.open(through.authorize_address(launch=launch)).headers["Location"])
        assert "code" not in back, launch

    own = query(visitor.launch_from_portal("patient-app"))["launch"]
    assert app.code(visitor, launch=own)
    again = query(visitor.open(app.authorize_address(launch=own)).headers["Location"])
    assert "code" not in again
