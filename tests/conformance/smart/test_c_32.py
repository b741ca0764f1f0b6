"""The id of an assertion is remembered for each client, in the shared database, and the same one proves nothing a
second time. [SMART App Launch 2.2, Client Authentication: Asymmetric, Signature Verification; that it is
shared is ours]
"""

from concurrent.futures import ThreadPoolExecutor

from tests.conformance.smart.granting import as_system
from tests.sandbox.conftest import Clinic
from tests.web.systems import ARCHIVE, System
from tests.world import World


def test_at_our_endpoint(siem: System) -> None:
    assertion = siem.assertion()
    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(lambda _: siem.ask_token(assertion).status_code, range(6)))

    assert answers == [200, 401, 401, 401, 401, 401]


def test_each_client_has_ids_of_its_own(systems: World) -> None:
    for system in (System(systems), System(systems, ARCHIVE)):
        assert system.ask_token(system.assertion(jti="the-first")).status_code == 200


def test_at_the_sandbox_over_a_restart(clinic: Clinic) -> None:
    app = clinic.smart_app("backend-app")
    assertion = app.assertion()
    assert as_system(app, client_assertion=assertion).status_code == 200

    app.http = clinic.restarted().http()
    assert as_system(app, client_assertion=assertion).json()["error"] == "invalid_client"
