"""A client may be registered by the address of its key set or by the key set itself. [SMART App Launch 2.2, Client
Authentication: Asymmetric, Registering a client]
"""

import httpx2
import pytest

from service.sandbox.app import create_sandbox
from tests.conformance.smart.granting import as_system
from tests.sandbox.conftest import Clinic, public
from tests.web.systems import ARCHIVE, SIEM, System
from tests.world import World


@pytest.mark.parametrize("client", [SIEM, ARCHIVE])
def test_ours_takes_both(systems: World, client: str) -> None:
    assert System(systems, client).ask_token().status_code == 200


def test_the_sandbox_takes_both(clinic: Clinic) -> None:
    keys = public(clinic.keys["backend-by-url"])
    server = httpx2.MockTransport(lambda _: httpx2.Response(200, json=keys))
    both = clinic.beside(create_sandbox(clinic.config, server), clinic.config)

    for client in ("backend-app", "backend-by-url"):
        assert as_system(both.smart_app(client)).status_code == 200
