"""Refresh tokens rotate, and an old one that is seen again ends everything that came of the grant. [SMART App Launch
2.2, Best Practices; RFC 9700 4.14]
"""

from tests.conformance.smart.granting import VISITS, granted
from tests.sandbox.conftest import Clinic


def test_an_old_one_ends_the_grant(clinic: Clinic) -> None:
    app, first = granted(clinic)
    second = app.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]

    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.refresh(second["refresh_token"]).status_code == 400
    assert app.read(VISITS, second["access_token"]).status_code == 401
