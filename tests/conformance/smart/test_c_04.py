"""A challenge by S256 is demanded: neither `plain` nor none at all gets a code. [SMART App Launch 2.2, app-launch,
PKCE]
"""

import pytest

from tests.conformance.smart.granting import an_app, came_back
from tests.sandbox.conftest import Clinic


@pytest.mark.parametrize(
    "different",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": "short"},
    ],
    ids=str,
)
def test_nothing_else_gets_a_code(clinic: Clinic, different: dict[str, str | None]) -> None:
    back = came_back(clinic, an_app(clinic), **different)

    assert "code" not in back
    assert back["error"] == "invalid_request"
