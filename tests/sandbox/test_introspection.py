"""What the sandbox says about tokens (C-50 to C-52, T12): SMART's members to those who may ask, else "inactive"."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from service.sandbox.config import RegisteredApp
from tests.sandbox.actors import SmartApp
from tests.sandbox.conftest import BACKEND_SCOPES, BASE, JOURNAL, Clinic, public

PATIENT = "Patient/patient-two-in"
SCOPE = "openid fhirUser launch/patient patient/Encounter.rs online_access"
INTROSPECT = f"{BASE}/auth/introspect"
INACTIVE = {"active": False}
OURS = f"{JOURNAL}/fhir"


@pytest.fixture
def registered(registered: tuple[RegisteredApp, ...], app_keys: dict[str, Any]) -> tuple[RegisteredApp, ...]:
    """The usual apps; the filing one may ask about tokens as well."""
    return tuple(replace(app, introspects=app.client_id == "backend-app") for app in registered)


@pytest.fixture(params=[False, True], ids=["signed", "opaque"])
def either(request: pytest.FixtureRequest, clinic: Clinic) -> Clinic:
    """The clinic with each form of access token."""
    return clinic.restarted(opaque_tokens=request.param)


def ask(
    clinic: Clinic, token: str | None, client_id: str = "backend-app", **more: str | None
) -> httpx2.Response:
    app = clinic.smart_app(client_id)
    form = {**app.proof(), "token": token, **more}
    data = {name: value for name, value in form.items() if value is not None}
    return app.http.post(INTROSPECT, data=data)


def granted(clinic: Clinic, scope: str = SCOPE, **different: str | None) -> tuple[SmartApp, dict[str, Any]]:
    app = clinic.smart_app("patient-app", scope)
    return app, app.exchange(app.code(clinic.visitor(PATIENT), **different)).json()


def backend_token(clinic: Clinic) -> str:
    form: dict[str, str | None] = {"grant_type": "client_credentials", "scope": "system/Patient.r"}
    return str(clinic.smart_app("backend-app").ask_token(form).json()["access_token"])


def test_a_persons_token_is_described_as_it_was_granted(either: Clinic) -> None:
    """C-51: scope, client, end, context and person are those of the token response."""
    _, token = granted(either)
    answer = ask(either, token["access_token"])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    said = answer.json()
    person = said.pop("sub")
    assert said == {
        "active": True,
        "scope": token["scope"],
        "client_id": "patient-app",
        "exp": int(either.clock().timestamp()) + token["expires_in"],
        "patient": token["patient"],
        "need_patient_banner": token["need_patient_banner"],
        "smart_style_url": token["smart_style_url"],
        "iss": BASE,
        "fhirUser": f"{BASE}/fhir/{PATIENT}",
    }
    assert person


def test_without_openid_nobody_is_named(either: Clinic) -> None:
    """C-51: issuer and subject belong to an identity that was asked for."""
    _, token = granted(either, "launch/patient patient/Encounter.rs")
    said = ask(either, token["access_token"]).json()
    assert said["active"] is True
    assert not {"iss", "sub", "fhirUser"} & said.keys()


def test_the_person_is_named_only_where_fhir_user_was_granted(either: Clinic) -> None:
    said = ask(
        either, granted(either, "openid launch/patient patient/Encounter.rs")[1]["access_token"]
    ).json()
    assert said["iss"] == BASE
    assert "fhirUser" not in said


def test_a_backend_token_has_neither_person_nor_context(either: Clinic) -> None:
    said = ask(either, backend_token(either)).json()
    assert said == {
        "active": True,
        "scope": "system/Patient.r",
        "client_id": "backend-app",
        "exp": int(either.clock().timestamp()) + 300,
    }


def test_a_token_for_another_resource_server_is_described_too(either: Clinic) -> None:
    """It is that server which asks; at the record system's own base the same token opens nothing."""
    app, token = granted(either, aud=OURS)
    assert ask(either, token["access_token"]).json()["active"] is True
    assert app.read("Encounter?patient=patient-two-in", token["access_token"]).status_code == 401


def test_a_token_that_ended_is_inactive(either: Clinic) -> None:
    _, token = granted(either)
    either.clock.now += timedelta(seconds=token["expires_in"])
    assert ask(either, token["access_token"]).json() == INACTIVE


def test_a_token_whose_approval_ended_is_inactive(either: Clinic) -> None:
    """An old refresh token seen again ends everything that came of the approval."""
    app, token = granted(either)
    renewed = app.refresh(token["refresh_token"]).json()
    assert ask(either, renewed["access_token"]).json()["active"] is True
    app.refresh(token["refresh_token"])
    assert ask(either, token["access_token"]).json() == INACTIVE
    assert ask(either, renewed["access_token"]).json() == INACTIVE


def test_what_is_no_access_token_is_inactive_and_nothing_more(either: Clinic) -> None:
    """C-52: unknown ones, an identity token, and a refresh token, which must never be taken for an access token."""
    _, token = granted(either)
    others = ["unknown", "a.b.c", "x" * 5000, "é", token["id_token"], token["refresh_token"]]
    for one in others:
        answer = ask(either, one)
        assert (answer.status_code, answer.json()) == (200, INACTIVE)


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "something_else"])
def test_a_hint_is_no_more_than_a_hint(either: Clinic, hint: str) -> None:
    """RFC 7662 section 2.1."""
    _, token = granted(either)
    assert ask(either, token["access_token"], token_type_hint=hint).json()["active"] is True


@pytest.mark.parametrize("token", [None, ""])
def test_a_question_without_a_token_is_refused(clinic: Clinic, token: str | None) -> None:
    answer = ask(clinic, token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_only_a_registered_asker_is_answered(clinic: Clinic) -> None:
    """T12: no proof, another client, a broken proof, a used one: 401, and nothing about the token."""
    _, token = granted(clinic)
    asker, text = clinic.smart_app("backend-app"), token["access_token"]
    used = asker.proof()
    assert asker.http.post(INTROSPECT, data={**used, "token": text}).status_code == 200
    unregistered = clinic.smart_app("clinician-app")
    forms: list[dict[str, Any]] = [
        {"token": text},
        {"token": text, "client_id": "patient-app"},
        {"token": text, "client_id": "backend-app"},
        {"token": text, **used},
        {"token": text, **unregistered.proof()},
        {"token": text, **asker.proof(aud=BASE)},
        {"token": text, **asker.proof(aud=f"{BASE}/auth/revoke")},
        {"token": text, **asker.proof(key=unregistered.key, algorithm="ES384")},
    ]
    for form in forms:
        answer = asker.http.post(INTROSPECT, data=form)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert "active" not in answer.json()


def test_the_proof_may_name_the_endpoint_itself_and_is_good_there_alone(clinic: Clinic) -> None:
    """RFC 7523 section 3; and threat T18: an assertion for one endpoint is no assertion for another."""
    asker, (_, token) = clinic.smart_app("backend-app"), granted(clinic)
    proof = asker.proof(aud=INTROSPECT)
    grant = {"grant_type": "client_credentials", "scope": BACKEND_SCOPES}
    assert asker.ask_token({**grant, **proof}).status_code == 401
    answer = asker.http.post(INTROSPECT, data={**proof, "token": token["access_token"]})
    assert answer.json()["active"] is True


def test_an_asker_may_show_its_own_access_token(either: Clinic) -> None:
    """C-50: a SMART bearer token of a client that may ask does as well as its key; any other does not."""
    app, token = granted(either)
    mine = backend_token(either)
    for shown, status in ((mine, 200), (token["access_token"], 401), ("unknown", 401), ("", 401)):
        headers = {"Authorization": f"Bearer {shown}"}
        answer = app.http.post(INTROSPECT, data={"token": token["access_token"]}, headers=headers)
        assert answer.status_code == status, shown
        assert answer.json().get("active") is (True if status == 200 else None)


def test_a_question_by_address_is_not_answered(clinic: Clinic) -> None:
    """A token in an address would stand in logs."""
    _, token = granted(clinic)
    assert clinic.http().get(INTROSPECT, params={"token": token["access_token"]}).status_code == 405
    proof = {name: str(value) for name, value in clinic.smart_app("backend-app").proof().items()}
    answer = clinic.http().post(INTROSPECT, params={"token": token["access_token"]}, data=proof)
    assert answer.status_code == 400


def test_an_opaque_token_says_nothing_and_opens_what_a_signed_one_does(clinic: Clinic) -> None:
    opaque = clinic.restarted(opaque_tokens=True)
    app, token = granted(opaque)
    assert "." not in token["access_token"]
    assert app.read("Encounter?patient=patient-two-in", token["access_token"]).status_code == 200
    assert app.read("Encounter?patient=patient-six-done", token["access_token"]).status_code == 403
    assert backend_token(opaque) != backend_token(opaque)
    opaque.clock.now += timedelta(seconds=token["expires_in"])
    assert app.read("Encounter?patient=patient-two-in", token["access_token"]).status_code == 401


def test_tokens_outlive_the_switch_and_a_restart(clinic: Clinic) -> None:
    """What was granted in one form stays good while the other is being given out."""
    app, signed = granted(clinic)
    opaque = clinic.restarted(opaque_tokens=True)
    _, given = granted(opaque)
    again = opaque.restarted(opaque_tokens=False)
    app.http = again.http()
    for token in (signed, given):
        assert app.read("Encounter?patient=patient-two-in", token["access_token"]).status_code == 200
        assert ask(again, token["access_token"]).json()["active"] is True


def test_the_database_keeps_no_token(clinic: Clinic) -> None:
    """Only digests: a copy of the file opens nothing."""
    opaque = clinic.restarted(opaque_tokens=True)
    _, token = granted(opaque)
    opaque.parts.close()
    kept = b"".join(file.read_bytes() for file in clinic.config.folder.glob("authorization.sqlite*"))
    assert b"opaque_token" in kept
    assert token["access_token"].encode() not in kept


def test_the_smart_configuration_names_both_endpoints(clinic: Clinic) -> None:
    found = clinic.http().get(f"{BASE}/fhir/.well-known/smart-configuration").json()
    assert found["introspection_endpoint"] == INTROSPECT
    assert found["revocation_endpoint"] == f"{BASE}/auth/revoke"


def test_a_confidential_app_with_a_person_may_be_registered_to_ask(
    clinic: Clinic, app_keys: dict[str, Any]
) -> None:
    """What counts is the registration, not the kind of app."""
    asker = RegisteredApp(
        client_id="clinician-app",
        name="Asker",
        kind="confidential-asymmetric",
        jwks=public(app_keys["clinician-app"]),
        introspects=True,
    )
    apps = tuple(asker if app.client_id == asker.client_id else app for app in clinic.config.apps)
    other = clinic.restarted(apps=apps)
    assert ask(other, backend_token(other), "clinician-app").json()["active"] is True
