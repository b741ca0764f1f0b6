"""Backend services and the private key that proves them: T13 of the SMART sheet, with really broken assertions."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from service.sandbox.app import create_sandbox
from service.sandbox.clients import Client
from service.sandbox.config import RegisteredApp
from tests.sandbox.actors import SmartApp
from tests.sandbox.conftest import BASE, JOURNAL, Clinic, public

SCOPE = "system/DocumentReference.crs system/Patient.r"


def ask(app: SmartApp, **different: Any) -> httpx2.Response:
    return app.ask_token({"grant_type": "client_credentials", "scope": SCOPE, **different})


def test_a_backend_service_gets_five_minutes_and_no_refresh_token(clinic: Clinic) -> None:
    app = clinic.smart_app("backend-app")
    answer = ask(app)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 300, SCOPE)
    keys = KeySet.import_key_set(app.http.get(f"{BASE}/auth/jwks").json())
    claims = jwt.decode(body["access_token"], keys, algorithms=["ES256"]).claims
    assert claims["exp"] - claims["iat"] == 300
    assert claims["aud"] == f"{BASE}/fhir"
    assert not {"patient", "fhirUser", "approval"} & set(claims)


def test_its_token_reads_any_patient_within_its_scopes(clinic: Clinic) -> None:
    app = clinic.smart_app("backend-app")
    token = ask(app).json()["access_token"]
    assert app.read("Patient/patient-two-in", token).status_code == 200
    assert app.read("Patient/patient-six-done", token).status_code == 200
    assert app.read("Encounter?patient=patient-two-in", token).status_code == 403
    clinic.clock.now += timedelta(seconds=300)
    assert app.read("Patient/patient-two-in", token).status_code == 401


def test_both_algorithms_that_smart_names_are_taken(clinic: Clinic) -> None:
    """C-35: RS384 from one client, ES384 from another."""
    assert ask(clinic.smart_app("backend-app")).status_code == 200
    clinician = clinic.smart_app("clinician-app", "launch/patient user/Patient.rs")
    visitor = clinic.visitor("Practitioner/clinician-1")
    page = visitor.open(clinician.authorize_address())
    answer = visitor.press(page, "patient", "patient-two-in")
    code = answer.headers["Location"].partition("code=")[2].partition("&")[0]
    assert clinician.exchange(code).json()["patient"] == "patient-two-in"


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("system/DocumentReference.cruds", "system/DocumentReference.crs"),
        ("system/Patient.read", "system/Patient.r"),
        ("system/*.rs", "system/DocumentReference.rs system/Encounter.rs system/Patient.r"),
        ("system/Patient.r user/Patient.r patient/Patient.r openid", "system/Patient.r"),
    ],
)
def test_only_registered_system_scopes_are_granted(clinic: Clinic, scope: str, granted: str) -> None:
    assert ask(clinic.smart_app("backend-app"), scope=scope).json()["scope"] == granted


@pytest.mark.parametrize(
    "scope", ["system/Observation.rs", "patient/Patient.r", "", None, "system/Patient.sr"]
)
def test_a_request_that_can_get_nothing_is_refused(clinic: Clinic, scope: str | None) -> None:
    answer = ask(clinic.smart_app("backend-app"), scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token", "password", "", None])
def test_another_grant_type_is_refused(clinic: Clinic, grant_type: str | None) -> None:
    answer = ask(clinic.smart_app("backend-app"), grant_type=grant_type)
    assert answer.status_code == 400
    assert "access_token" not in answer.json()


@pytest.mark.parametrize("kind", ["urn:ietf:params:oauth:grant-type:jwt-bearer", "jwt", "", None])
def test_another_assertion_type_is_refused(clinic: Clinic, kind: str | None) -> None:
    answer = ask(clinic.smart_app("backend-app"), client_assertion_type=kind)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_client"


def _now(app: SmartApp) -> int:
    return int(app.clock().timestamp())


def _tampered(app: SmartApp) -> str:
    head, claims, signature = app.assertion().split(".")
    return f"{head}.{claims}.{signature[:-8]}AAAAAAAA"


BROKEN: dict[str, Callable[[SmartApp], str]] = {
    "signed by someone else under the same kid": lambda app: app.assertion(
        key=RSAKey.generate_key(2048, {"kid": app.key.kid})
    ),
    "signature changed": _tampered,
    "audience is the FHIR server": lambda app: app.assertion(aud=f"{BASE}/fhir"),
    "audience is the issuer": lambda app: app.assertion(aud=BASE),
    "no audience": lambda app: app.assertion(aud=None),
    "lives for ten minutes": lambda app: app.assertion(exp=_now(app) + 600),
    "expired": lambda app: app.assertion(exp=_now(app) - 60),
    "no expiry": lambda app: app.assertion(exp=None),
    "expiry is a word": lambda app: app.assertion(exp="soon"),
    "expiry is true": lambda app: app.assertion(exp=True),
    "not valid yet": lambda app: app.assertion(nbf=_now(app) + 120),
    "no id": lambda app: app.assertion(jti=None),
    "empty id": lambda app: app.assertion(jti=""),
    "id is a number": lambda app: app.assertion(jti=7),
    "another issuer": lambda app: app.assertion(iss="clinician-app"),
    "another subject": lambda app: app.assertion(sub="clinician-app"),
    "no subject": lambda app: app.assertion(sub=None),
    "subject is a list": lambda app: app.assertion(sub=["backend-app"]),
    "unknown client": lambda app: app.assertion(sub="nobody", iss="nobody"),
    "unknown kid": lambda app: app.assertion(header={"kid": "another"}),
    "no kid": lambda app: app.assertion(header={"kid": None}),
    "no type": lambda app: app.assertion(header={"typ": None}),
    "another type": lambda app: app.assertion(header={"typ": "at+jwt"}),
    "a key set of its own": lambda app: app.assertion(header={"jku": "https://elsewhere.example/jwks.json"}),
    "RS256": lambda app: app.assertion(algorithm="RS256"),
    "PS384": lambda app: app.assertion(algorithm="PS384"),
    "algorithm of another key": lambda app: app.assertion(
        key=ECKey.generate_key("P-384", {"kid": app.key.kid}), algorithm="ES384"
    ),
    "not a JWT": lambda app: "not.a.jwt",
    "one dot": lambda app: "a.b",
    "letters outside ASCII": lambda app: "é.é.é",
    "very long": lambda app: app.assertion() + "A" * 20_000,
    "nested deep": lambda app: f"{app.assertion().split('.')[0]}.{'W1tb' * 1500}.AAAA",
    "unsigned": lambda app: "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + app.assertion().split(".")[1] + ".",
}


@pytest.mark.parametrize("flaw", BROKEN)
def test_a_really_broken_assertion_is_refused(clinic: Clinic, flaw: str) -> None:
    """C-31 to C-36: any failure is `invalid_client`."""
    app = clinic.smart_app("backend-app")
    answer = ask(app, client_assertion=BROKEN[flaw](app))
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_client"


def test_the_public_key_is_no_shared_secret(clinic: Clinic) -> None:
    """An assertion signed by HS256 with the public key as its secret is refused."""
    app = clinic.smart_app("backend-app")
    forged = jwt.encode(
        {"alg": "HS256", "kid": app.key.kid, "typ": "JWT"},
        {
            "iss": app.client_id,
            "sub": app.client_id,
            "aud": f"{BASE}/auth/token",
            "exp": _now(app) + 60,
            "jti": "1",
        },
        OctKey.import_key(json.dumps(app.key.as_dict(private=False)).encode()),
        algorithms=["HS256"],
    )
    assert ask(app, client_assertion=forged).json()["error"] == "invalid_client"


def test_an_assertion_is_good_once_also_after_a_restart(clinic: Clinic) -> None:
    app = clinic.smart_app("backend-app")
    assertion = app.assertion()
    assert ask(app, client_assertion=assertion).status_code == 200
    assert ask(app, client_assertion=assertion).json()["error"] == "invalid_client"
    app.http = clinic.restarted().http()
    assert ask(app, client_assertion=assertion).json()["error"] == "invalid_client"


def test_of_many_at_the_same_instant_one_gets_through(clinic: Clinic) -> None:
    app = clinic.smart_app("backend-app")
    assertion, found = app.assertion(), []
    clients = [clinic.http() for _ in range(8)]

    def go(client: httpx2.Client) -> None:
        found.append(ask(replace(app, http=client), client_assertion=assertion).status_code)

    threads = [threading.Thread(target=go, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] + [401] * 7


def test_the_same_id_may_be_used_by_another_client(clinic: Clinic, app_keys: dict[str, Any]) -> None:
    """C-32: ids are remembered per issuer."""
    twin = RegisteredApp(
        client_id="twin", name="Twin", kind="backend", scopes=SCOPE, jwks=public(app_keys["backend-app"])
    )
    both = clinic.restarted(apps=(*clinic.config.apps, twin))
    first = both.smart_app("backend-app")
    second = both.smart_app("twin", SCOPE)
    second.key = first.key
    assert ask(first, client_assertion=first.assertion(jti="same")).status_code == 200
    assert ask(second, client_assertion=second.assertion(jti="same")).status_code == 200


def test_two_keys_of_one_name_are_none(clinic: Clinic, app_keys: dict[str, Any]) -> None:
    """C-34: exactly one key with the kid."""
    key = app_keys["backend-app"]
    other = RSAKey.generate_key(2048, {"kid": key.kid})
    apps = tuple(
        replace(app, jwks=public(key, other)) if app.client_id == "backend-app" else app
        for app in clinic.config.apps
    )
    app = clinic.restarted(apps=apps).smart_app("backend-app")
    assert ask(app).json()["error"] == "invalid_client"


def test_a_backend_service_cannot_take_the_way_of_people(clinic: Clinic) -> None:
    app = clinic.smart_app("backend-app")
    answer = clinic.visitor("Practitioner/clinician-1").open(
        app.authorize_address(redirect_uri=f"{JOURNAL}/callback")
    )
    assert answer.status_code == 400


def test_an_app_of_people_gets_no_token_by_itself(clinic: Clinic) -> None:
    app = clinic.smart_app("clinician-app")
    assert ask(app, scope="user/Patient.rs").json()["error"] == "unauthorized_client"


def _with_key_set(clinic: Clinic, answer: Callable[[httpx2.Request], httpx2.Response]) -> SmartApp:
    flask_app = create_sandbox(clinic.config, httpx2.MockTransport(answer))
    return clinic.beside(flask_app, clinic.config).smart_app("backend-by-url")


def test_a_key_set_is_fetched_from_its_registered_address(clinic: Clinic, app_keys: dict[str, Any]) -> None:
    """C-30, C-37: one GET with `Accept: application/json`; a rotated key counts at once."""
    keys, seen = [app_keys["backend-by-url"]], []

    def key_set(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.method, str(request.url), request.headers["Accept"]))
        return httpx2.Response(200, json=public(*keys))

    app = _with_key_set(clinic, key_set)
    assert ask(app).status_code == 200
    assert seen == [("GET", f"{JOURNAL}/jwks.json", "application/json")]
    app.key = ECKey.generate_key("P-384", auto_kid=True)
    assert ask(app).status_code == 401
    keys[:] = [app.key]
    assert ask(app).status_code == 200
    assert ask(app, client_assertion=app.assertion(header={"jku": f"{JOURNAL}/jwks.json"})).status_code == 200


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(500),
        httpx2.Response(302, headers={"Location": "https://elsewhere.example/jwks.json"}),
        httpx2.Response(200, text="not json"),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={"keys": "none"}),
        httpx2.Response(200, json={"keys": [1, None]}),
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
    ],
    ids=lambda one: repr(one)[:40],
)
def test_a_key_set_that_cannot_be_had_proves_nothing(clinic: Clinic, answer: Any) -> None:
    def key_set(_request: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    app = _with_key_set(clinic, key_set)
    refused = ask(app)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_a_key_set_beyond_all_measure_is_not_read(clinic: Clinic, app_keys: dict[str, Any]) -> None:
    """C-37: the right keys in 64 KiB are taken, the same keys in more are not."""
    keys = json.dumps(public(app_keys["backend-by-url"])).encode()
    sizes = iter((65_536, 65_537))
    app = _with_key_set(clinic, lambda _request: httpx2.Response(200, content=keys.ljust(next(sizes))))
    assert ask(app).status_code == 200
    assert ask(app).status_code == 401


@pytest.mark.parametrize(
    ("kind", "granted"), [("public", "openid patient/Patient.r"), ("backend", "system/Patient.r")]
)
def test_people_and_backend_services_never_share_a_scope(kind: Any, granted: str) -> None:
    """A registration that names both kinds of scope still gives each only its own."""
    scope = "openid patient/Patient.r system/Patient.r"
    client = Client(RegisteredApp(client_id="mixed", name="Mixed", kind=kind, scopes=scope))
    assert client.get_allowed_scope(scope) == granted
