"""The end of tokens at the sandbox (C-53, RFC 7009): an access token alone, a refresh token with its whole family."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from service.sandbox.config import RegisteredApp
from tests.sandbox.actors import SmartApp
from tests.sandbox.conftest import BASE, JOURNAL, Clinic

PATIENT = "Patient/patient-two-in"
VISITS = "Encounter?patient=patient-two-in"
SCOPE = "launch/patient patient/Encounter.rs offline_access"
REVOKE = f"{BASE}/auth/revoke"


@pytest.fixture
def registered(registered: tuple[RegisteredApp, ...]) -> tuple[RegisteredApp, ...]:
    return tuple(replace(app, introspects=app.client_id == "backend-app") for app in registered)


@pytest.fixture(params=[False, True], ids=["signed", "opaque"])
def either(request: pytest.FixtureRequest, clinic: Clinic) -> Clinic:
    """The clinic with each form of access token."""
    return clinic.restarted(opaque_tokens=request.param)


def granted(clinic: Clinic, client_id: str = "patient-app") -> tuple[SmartApp, dict[str, Any]]:
    app = clinic.smart_app(client_id, SCOPE)
    return app, app.exchange(app.code(clinic.visitor(PATIENT))).json()


def revoke(app: SmartApp, token: str | None, **more: str | None) -> httpx2.Response:
    """As the app proves itself at the token endpoint, so it does here."""
    form: dict[str, str | None] = {"token": token, **more}
    if app.key is not None:
        form = {**app.proof(), **form}
    elif app.secret is None:
        form = {"client_id": app.client_id, **form}
    basic = (app.client_id, app.secret) if app.secret is not None else None
    data = {name: value for name, value in form.items() if value is not None}
    return app.http.post(REVOKE, data=data, auth=basic)


def is_active(clinic: Clinic, token: str) -> bool:
    asker = clinic.smart_app("backend-app")
    said = asker.http.post(f"{BASE}/auth/introspect", data={**asker.proof(), "token": token}).json()
    return bool(said["active"])


def test_a_revoked_access_token_dies_everywhere_and_alone(either: Clinic) -> None:
    app, first = granted(either)
    second = app.refresh(first["refresh_token"]).json()
    assert is_active(either, first["access_token"])
    answer = revoke(app, first["access_token"], token_type_hint="access_token")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert app.read(VISITS, first["access_token"]).status_code == 401
    assert not is_active(either, first["access_token"])
    assert app.read(VISITS, second["access_token"]).status_code == 200
    assert app.refresh(second["refresh_token"]).status_code == 200


def test_a_revoked_refresh_token_takes_its_family_with_it(either: Clinic) -> None:
    """RFC 7009 section 2.1: all access tokens of the same grant; G10: refresh is refused afterwards."""
    app, first = granted(either)
    second = app.refresh(first["refresh_token"]).json()
    assert revoke(app, second["refresh_token"]).status_code == 200
    for token in (first, second):
        assert app.read(VISITS, token["access_token"]).status_code == 401
        assert not is_active(either, token["access_token"])
    assert app.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


def test_an_old_refresh_token_ends_the_family_too(either: Clinic) -> None:
    app, first = granted(either)
    second = app.refresh(first["refresh_token"]).json()
    assert revoke(app, first["refresh_token"]).status_code == 200
    assert app.refresh(second["refresh_token"]).status_code == 400
    assert app.read(VISITS, second["access_token"]).status_code == 401


def test_another_grant_of_the_same_person_lives_on(either: Clinic) -> None:
    app, first = granted(either)
    _, other = granted(either)
    revoke(app, first["refresh_token"])
    assert app.read(VISITS, other["access_token"]).status_code == 200
    assert app.refresh(other["refresh_token"]).status_code == 200


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "something_else", None])
def test_a_wrong_hint_hides_nothing(either: Clinic, hint: str | None) -> None:
    """RFC 7009 section 2.1: the search is extended over all kinds of tokens."""
    app, token = granted(either)
    assert revoke(app, token["refresh_token"], token_type_hint=hint).status_code == 200
    assert app.refresh(token["refresh_token"]).status_code == 400
    app, token = granted(either)
    assert revoke(app, token["access_token"], token_type_hint=hint).status_code == 200
    assert app.read(VISITS, token["access_token"]).status_code == 401


def test_nobody_ends_anothers_token(either: Clinic) -> None:
    """And the answer does not tell whether there was one."""
    app, token = granted(either)
    stranger = either.smart_app("asking-app")
    for one in (token["access_token"], token["refresh_token"], "unknown"):
        answer = revoke(stranger, one)
        assert (answer.status_code, answer.json()) == (200, {})
    assert app.read(VISITS, token["access_token"]).status_code == 200
    assert app.refresh(token["refresh_token"]).status_code == 200


def test_what_is_over_or_was_never_there_is_no_error(either: Clinic) -> None:
    """RFC 7009 section 2.2: an invalid token is no error, since nothing is left to be done."""
    app, token = granted(either)
    for one in ("unknown", "a.b.c", "é", "x" * 5000, token["access_token"], token["access_token"]):
        assert revoke(app, one).status_code == 200


@pytest.mark.parametrize("token", [None, ""])
def test_a_token_must_be_named(clinic: Clinic, token: str | None) -> None:
    answer = revoke(clinic.smart_app("patient-app"), token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_client_must_prove_itself_as_it_is_registered(clinic: Clinic) -> None:
    """A confidential client's tokens are not ended by whoever knows its name."""
    backend = clinic.smart_app("backend-app")
    form: dict[str, str | None] = {"grant_type": "client_credentials", "scope": "system/Patient.r"}
    token = backend.ask_token(form).json()["access_token"]
    used = backend.proof()
    backend.ask_token({**form, **used})
    for wrong in (
        {"client_id": "backend-app"},
        {"client_id": "asking-app", "client_secret": "a guess"},
        {"client_id": "nobody"},
        {},
        used,
        backend.proof(aud=f"{BASE}/auth/introspect"),
    ):
        answer = backend.http.post(REVOKE, data={"token": token, **wrong})
        assert answer.status_code in (400, 401)
        assert answer.json()["error"] == "invalid_client"
    assert backend.read("Patient/patient-two-in", token).status_code == 200


def test_a_backend_service_ends_its_own_token(either: Clinic) -> None:
    backend = either.smart_app("backend-app")
    form: dict[str, str | None] = {"grant_type": "client_credentials", "scope": "system/Patient.r"}
    token, other = (backend.ask_token(form).json()["access_token"] for _ in range(2))
    assert revoke(backend, token).status_code == 200
    assert backend.read("Patient/patient-two-in", token).status_code == 401
    assert backend.read("Patient/patient-two-in", other).status_code == 200


def test_what_was_revoked_stays_so_after_a_restart(either: Clinic) -> None:
    app, token = granted(either)
    revoke(app, token["access_token"])
    app.http = either.restarted().http()
    assert app.read(VISITS, token["access_token"]).status_code == 401


def test_a_browser_app_may_read_the_answer(clinic: Clinic) -> None:
    """SMART, CORS: as at the token endpoint, for public clients alone."""
    app, token = granted(clinic)
    form = {"client_id": "patient-app", "token": token["refresh_token"]}
    answer = app.http.post(REVOKE, data=form, headers={"Origin": JOURNAL})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    backend = clinic.smart_app("backend-app")
    proven = backend.http.post(REVOKE, data={**backend.proof(), "token": "x"}, headers={"Origin": JOURNAL})
    assert proven.status_code == 200
    assert "Access-Control-Allow-Origin" not in proven.headers
