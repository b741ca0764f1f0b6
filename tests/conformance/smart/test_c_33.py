"""Where an assertion names the address of a key set, it must be the registered one; nothing is fetched from another.
[SMART App Launch 2.2, Client Authentication: Asymmetric, Signature Verification]
"""

import pytest

from tests.conformance.smart.granting import as_system
from tests.sandbox.conftest import Clinic
from tests.web.systems import ARCHIVE, ARCHIVE_HOME, System
from tests.world import World


@pytest.mark.parametrize(
    ("jku", "status"),
    [
        (f"{ARCHIVE_HOME}/jwks", 200),
        (f"{ARCHIVE_HOME}/jwks/", 401),
        ("https://evil.example/jwks", 401),
    ],
)
def test_at_our_endpoint(systems: World, jku: str, status: int) -> None:
    archive = System(systems, ARCHIVE)

    assert archive.ask_token(archive.assertion({"jku": jku})).status_code == status
    assert not [asked for asked in systems.net.asked if "evil.example" in asked]


def test_a_client_without_an_address_may_name_none(siem: System, clinic: Clinic) -> None:
    app = clinic.smart_app("backend-app")
    elsewhere = {"jku": "https://evil.example/jwks"}

    assert siem.ask_token(siem.assertion(elsewhere)).json()["error"] == "invalid_client"
    assert as_system(app, client_assertion=app.assertion(elsewhere)).json()["error"] == "invalid_client"
