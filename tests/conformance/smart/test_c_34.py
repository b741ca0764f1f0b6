"""The key of an assertion is the one with its name and its kind; none, or two, prove nobody. [SMART App Launch 2.2,
Client Authentication: Asymmetric, Signature Verification]
"""

from dataclasses import replace

import httpx2
import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.conformance.smart.granting import as_system
from tests.sandbox.conftest import Clinic, public
from tests.web import systems as at_ours
from tests.web.systems import ARCHIVE, ARCHIVE_HOME, System, key_of, key_server
from tests.world import World


@pytest.mark.parametrize(("kind", "status"), [("RSA", 401), ("EC", 200), ("", 200)])
def test_at_our_endpoint(systems: World, kind: str, status: int) -> None:
    """A second key of the same name and kind makes both useless; one of another kind does not."""
    key, others = key_of(ARCHIVE), []
    if kind == "RSA":
        others = [RSAKey.generate_key(2048, parameters={"kid": key.kid})]
    if kind == "EC":
        others = [ECKey.generate_key("P-384", parameters={"kid": key.kid})]
    served = key_server(at_ours.public(key, *others))
    systems.servers[ARCHIVE_HOME] = httpx2.WSGITransport(app=served)

    assert System(systems, ARCHIVE).ask_token().status_code == status


def test_at_the_sandbox(clinic: Clinic) -> None:
    key = clinic.keys["backend-app"]
    twins = public(key, RSAKey.generate_key(2048, {"kid": key.kid}))
    apps = tuple(
        replace(app, jwks=twins) if app.client_id == "backend-app" else app for app in clinic.config.apps
    )

    assert as_system(clinic.restarted(apps=apps).smart_app("backend-app")).json()["error"] == "invalid_client"


def test_a_name_that_no_key_has_proves_nobody(siem: System) -> None:
    assert siem.ask_token(siem.assertion({"kid": "siem-9"})).json()["error"] == "invalid_client"
