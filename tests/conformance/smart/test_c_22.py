"""A person's access token lives an hour at most, a system's five minutes. [SMART App Launch 2.2, app-launch, Obtain
access token; Backend Services, Obtain access token]
"""

from datetime import timedelta

from tests.conformance.smart.granting import VISITS, as_system, granted
from tests.sandbox.conftest import Clinic
from tests.web.systems import System


def test_the_sandbox_says_so_and_keeps_to_it(clinic: Clinic) -> None:
    app, said = granted(clinic)
    backend = clinic.smart_app("backend-app")
    system = as_system(backend).json()

    assert (said["expires_in"] <= 3600, system["expires_in"] <= 300) == (True, True)
    clinic.clock.now += timedelta(seconds=system["expires_in"])
    assert backend.read("Patient/patient-two-in", system["access_token"]).status_code == 401
    clinic.clock.now += timedelta(seconds=said["expires_in"])
    assert app.read(VISITS, said["access_token"]).status_code == 401


def test_so_do_we(siem: System) -> None:
    given = siem.ask_token().json()
    assert given["expires_in"] <= 300
    assert siem.get("AuditEvent?_count=1", given["access_token"]).status_code == 200

    siem.world.clock.pass_time(seconds=given["expires_in"] + 1)
    assert siem.get("AuditEvent?_count=1", given["access_token"]).status_code == 401
