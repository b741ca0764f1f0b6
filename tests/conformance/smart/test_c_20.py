"""A token answer is JSON with token, the type Bearer, a number of seconds and the scope; with the context, an identity
token for `openid`, and a refresh token where one was granted. [SMART App Launch 2.2, app-launch, Obtain access token;
Backend Services]
"""

import pytest

from tests.conformance.smart.granting import SCOPE, as_system, granted
from tests.sandbox.conftest import Clinic
from tests.web.systems import SCOPES, System


def test_a_persons(clinic: Clinic) -> None:
    _, said = granted(clinic)

    assert (said["token_type"], said["scope"], said["patient"]) == ("Bearer", SCOPE, "patient-two-in")
    assert isinstance(said["expires_in"], int)
    assert all(isinstance(said[name], str) for name in ("access_token", "id_token", "refresh_token"))


@pytest.mark.parametrize("left_out", ["openid", "offline_access"])
def test_what_was_not_asked_for_does_not_come(clinic: Clinic, left_out: str) -> None:
    scope = " ".join(one for one in SCOPE.split() if one not in (left_out, "fhirUser"))
    _, said = granted(clinic, scope)

    assert ("id_token" if left_out == "openid" else "refresh_token") not in said


def test_a_systems(clinic: Clinic) -> None:
    answer = as_system(clinic.smart_app("backend-app"))

    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "scope"}


def test_ours(siem: System) -> None:
    answer = siem.ask_token()
    said = answer.json()

    assert answer.headers["content-type"] == "application/json"
    assert said.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (said["token_type"], said["expires_in"], said["scope"]) == ("Bearer", 300, SCOPES)
