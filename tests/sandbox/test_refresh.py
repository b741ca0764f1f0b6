"""Refresh tokens: they rotate, stay with their client and scopes, and end everything when a copy shows up (T11)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.actors import SmartApp, query
from tests.sandbox.conftest import Clinic

PATIENT = "Patient/patient-two-in"
SCOPE = "openid fhirUser launch/patient patient/Patient.r patient/Encounter.rs offline_access"
VISITS = "Encounter?patient=patient-two-in"


def begun(clinic: Clinic, scope: str = SCOPE) -> tuple[SmartApp, dict[str, Any]]:
    app = clinic.smart_app("patient-app", scope)
    return app, app.exchange(app.code(clinic.visitor(PATIENT))).json()


def test_a_refresh_gives_the_same_scopes_and_context_and_a_new_refresh_token(clinic: Clinic) -> None:
    app, first = begun(clinic)
    answer = app.refresh(first["refresh_token"])
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, SCOPE)
    assert body["patient"] == "patient-two-in"
    assert body["refresh_token"] != first["refresh_token"]
    assert app.read(VISITS, body["access_token"]).status_code == 200


def test_a_refresh_may_ask_for_less_and_gets_no_more_than_that(clinic: Clinic) -> None:
    app, first = begun(clinic)
    body = app.refresh(first["refresh_token"], scope="launch/patient patient/Patient.r").json()
    assert body["scope"] == "launch/patient patient/Patient.r"
    assert app.read("Patient/patient-two-in", body["access_token"]).status_code == 200
    assert app.read(VISITS, body["access_token"]).status_code == 403


@pytest.mark.parametrize(
    "scope", ["patient/Encounter.cruds", "patient/QuestionnaireResponse.rs", "user/Patient.r"]
)
def test_a_refresh_that_asks_for_more_is_refused_and_spoils_nothing(clinic: Clinic, scope: str) -> None:
    app, first = begun(clinic)
    refused = app.refresh(first["refresh_token"], scope=scope)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")
    assert app.refresh(first["refresh_token"]).status_code == 200


def test_an_old_refresh_token_seen_again_ends_the_whole_approval(clinic: Clinic) -> None:
    app, first = begun(clinic)
    second = app.refresh(first["refresh_token"]).json()
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.refresh(second["refresh_token"]).status_code == 400
    assert app.read(VISITS, second["access_token"]).status_code == 401


def test_another_client_cannot_use_a_refresh_token_nor_end_it(clinic: Clinic) -> None:
    app, first = begun(clinic)
    stranger = clinic.smart_app("asking-app")
    assert stranger.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.refresh(first["refresh_token"]).status_code == 200


@pytest.mark.parametrize("token", ["made-up", "", None])
def test_a_wrong_refresh_token_is_refused(clinic: Clinic, token: str | None) -> None:
    app = clinic.smart_app("patient-app")
    assert app.refresh("", refresh_token=token).status_code == 400


def test_without_the_scope_there_is_no_refresh_token(clinic: Clinic) -> None:
    assert "refresh_token" not in begun(clinic, "launch/patient patient/Encounter.rs")[1]


def test_signing_out_ends_online_access_and_leaves_offline_access(clinic: Clinic) -> None:
    visitor = clinic.visitor(PATIENT)
    app = clinic.smart_app("patient-app", "launch/patient patient/Encounter.rs online_access")
    online = app.exchange(app.code(visitor)).json()
    offline = app.exchange(
        app.code(visitor, scope="launch/patient patient/Encounter.rs offline_access")
    ).json()
    page = visitor.open("/portal/")
    visitor.press(page, "", "")
    assert app.read(VISITS, online["access_token"]).status_code == 401
    assert app.refresh(online["refresh_token"]).status_code == 400
    assert app.refresh(offline["refresh_token"]).status_code == 200


def test_refresh_tokens_have_an_end(clinic: Clinic) -> None:
    app, first = begun(clinic)
    clinic.clock.now += timedelta(days=90, seconds=1)
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    app, first = begun(clinic, "launch/patient patient/Encounter.rs online_access")
    clinic.clock.now += timedelta(hours=12, seconds=1)
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


def test_everything_survives_a_restart(clinic: Clinic) -> None:
    """Keys, tokens, codes, launches and sign-ins belong to the folder, not to the process."""
    visitor = clinic.visitor(PATIENT)
    app = clinic.smart_app("patient-app", SCOPE)
    first = app.exchange(app.code(visitor)).json()
    code, launch = app.code(visitor), visitor.launch_from_portal("patient-app")
    keys = app.http.get(f"{app.base_url}/auth/jwks").json()

    again = clinic.restarted()
    app.http = again.http()
    assert app.http.get(f"{app.base_url}/auth/jwks").json() == keys
    assert app.read(VISITS, first["access_token"]).status_code == 200
    assert app.refresh(first["refresh_token"]).status_code == 200
    assert app.exchange(code).status_code == 200
    value = query(launch)["launch"]
    assert app.code(again.visitor(jar=visitor.jar), launch=value, scope="launch patient/Encounter.rs")


def test_a_spent_token_stays_spent_after_a_restart(clinic: Clinic) -> None:
    app, first = begun(clinic)
    app.refresh(first["refresh_token"])
    app.http = clinic.restarted().http()
    assert app.refresh(first["refresh_token"]).status_code == 400
