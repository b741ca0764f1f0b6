"""Of a token that ended, was revoked, or was never given, nothing is said but that it is not active. [RFC 7662 2.2]"""

from datetime import timedelta

import pytest

from tests.conformance.smart.granting import asked_about, granted
from tests.sandbox.conftest import BASE, Clinic

NOTHING = {"active": False}


@pytest.mark.parametrize("token", ["never-given", "a.b.c", "é"])
def test_one_that_was_never_given(clinic: Clinic, token: str) -> None:
    answer = asked_about(clinic, token)

    assert (answer.status_code, answer.json()) == (200, NOTHING)


def test_one_that_ended(clinic: Clinic) -> None:
    _, given = granted(clinic)
    clinic.clock.now += timedelta(seconds=given["expires_in"])

    assert asked_about(clinic, given["access_token"]).json() == NOTHING


def test_one_that_was_revoked(clinic: Clinic) -> None:
    app, given = granted(clinic)
    app.http.post(f"{BASE}/auth/revoke", data={"client_id": app.client_id, "token": given["access_token"]})

    assert asked_about(clinic, given["access_token"]).json() == NOTHING
