"""A refresh token serves its own client alone, for the same scopes or fewer; more than was granted is `invalid_scope`.
[SMART App Launch 2.2, app-launch, Refresh access token]
"""

from tests.conformance.smart.granting import SCOPE, granted
from tests.sandbox.conftest import Clinic


def test_its_own_client_with_the_same_or_fewer_scopes(clinic: Clinic) -> None:
    app, first = granted(clinic)
    second = app.refresh(first["refresh_token"]).json()
    third = app.refresh(second["refresh_token"], scope="launch/patient patient/Patient.r").json()

    assert second["scope"] == SCOPE
    assert third["scope"] == "launch/patient patient/Patient.r"


def test_no_more_than_was_granted(clinic: Clinic) -> None:
    app, first = granted(clinic)
    for scope in ("patient/Encounter.cruds", "patient/QuestionnaireResponse.rs", "user/Patient.r"):
        answer = app.refresh(first["refresh_token"], scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_no_other_client(clinic: Clinic) -> None:
    app, first = granted(clinic)

    stranger = clinic.smart_app("asking-app")
    assert stranger.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.refresh(first["refresh_token"]).status_code == 200
