"""An assertion is checked for algorithm, key name and type, and for being by its client, about it, for this very
endpoint, with an end five minutes away at most and an id. [SMART App Launch 2.2, Client Authentication: Asymmetric,
Authentication JWT]
"""

from typing import Any

import pytest

from tests.conformance.smart.granting import as_system
from tests.sandbox.conftest import BASE, Clinic
from tests.web.systems import System

CLAIMS: tuple[dict[str, Any], ...] = (
    {"iss": "another"},
    {"iss": None},
    {"sub": "another"},
    {"sub": None},
    {"aud": f"{BASE}/fhir"},
    {"aud": None},
    {"jti": None},
    {"jti": ""},
    {"exp": None},
    {"exp": "soon"},
)
HEADERS: tuple[dict[str, Any], ...] = ({"typ": None}, {"typ": "at+jwt"}, {"kid": None}, {"kid": "another"})
LATE = 600


@pytest.mark.parametrize("claims", CLAIMS, ids=str)
def test_a_wrong_claim_proves_nobody(clinic: Clinic, siem: System, claims: dict[str, Any]) -> None:
    app = clinic.smart_app("backend-app")

    assert as_system(app, client_assertion=app.assertion(**claims)).json()["error"] == "invalid_client"
    assert siem.ask_token(siem.assertion(**claims)).json()["error"] == "invalid_client"


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_a_wrong_header_proves_nobody(clinic: Clinic, siem: System, header: dict[str, Any]) -> None:
    app = clinic.smart_app("backend-app")

    assert as_system(app, client_assertion=app.assertion(header)).json()["error"] == "invalid_client"
    assert siem.ask_token(siem.assertion(header)).json()["error"] == "invalid_client"


@pytest.mark.parametrize("seconds", [LATE, -120])
def test_an_end_too_far_or_past_proves_nobody(clinic: Clinic, siem: System, seconds: int) -> None:
    app = clinic.smart_app("backend-app")
    theirs = app.assertion(exp=int(clinic.clock().timestamp()) + seconds)
    ours = siem.assertion(exp=int(siem.world.clock().timestamp()) + seconds)

    assert as_system(app, client_assertion=theirs).json()["error"] == "invalid_client"
    assert siem.ask_token(ours).json()["error"] == "invalid_client"
