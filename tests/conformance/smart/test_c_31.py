"""An assertion is checked for algorithm, key name and type, and for being by its client, about it, for this very
endpoint, with an id and an end that is five minutes away at most, by clocks that may differ a little. [SMART App Launch
2.2, Client Authentication: Asymmetric, Authentication JWT]
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
# Five minutes, and what clocks may differ by: a minute here, a quarter of one at the sandbox.
OURS, THEIRS = 360, 315


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


@pytest.mark.parametrize(("ours", "theirs"), [(OURS, THEIRS), (0, 0)])
def test_an_end_within_five_minutes_proves_the_client(
    clinic: Clinic, siem: System, ours: int, theirs: int
) -> None:
    assert _status(clinic, siem, ours, theirs) == (200, 200)


@pytest.mark.parametrize(("ours", "theirs"), [(OURS + 1, THEIRS + 1), (-61, -61)])
def test_an_end_too_far_or_past_proves_nobody(clinic: Clinic, siem: System, ours: int, theirs: int) -> None:
    assert _status(clinic, siem, ours, theirs) == (401, 401)


def _status(clinic: Clinic, siem: System, ours: int, theirs: int) -> tuple[int, int]:
    app = clinic.smart_app("backend-app")
    at_ours = siem.assertion(exp=int(siem.world.clock().timestamp()) + ours)
    at_theirs = app.assertion(exp=int(clinic.clock().timestamp()) + theirs)
    return siem.ask_token(at_ours).status_code, as_system(app, client_assertion=at_theirs).status_code
