"""The happy paths against the sandbox, a record system that knows nothing of ours but the standard."""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import flask
import httpx2
import pytest

from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp, SandboxConfig
from service.smart import access_token, id_token, launch
from service.smart.backend_services import BackendTokens
from service.smart.discovery import Configurations, fetch_keys_address
from service.smart.keys import RemoteKeys
from service.smart.problems import LaunchRefused, ScopeMissing, TokenInvalid, TokenRefused
from service.smart.registration import ClientKind, Registration
from service.smart.scopes import parse
from service.smart.signing_keys import public_jwks
from service.smart.token_endpoint import Caller, TokenAnswer
from tests.smart.people import REDIRECT, our_key

BASE = "http://localhost:8090"
ISS = f"{BASE}/fhir"
OURS = "http://127.0.0.1:8080/maple/fhir"
SCOPES = "openid fhirUser launch launch/patient online_access patient/Patient.r patient/Encounter.rs"
BACKEND_SCOPES = "system/Patient.r system/Encounter.rs system/DocumentReference.crs"
PATIENT_APP = Registration("journal-patient", ClientKind.ASYMMETRIC, keys=(our_key(),))
BACKEND = Registration("journal-worker", ClientKind.ASYMMETRIC, keys=(our_key("RSA"), our_key()))


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def ehr(tmp_path: Path) -> flask.Flask:
    apps = (
        RegisteredApp(
            client_id="journal-patient",
            name="Journal",
            kind="confidential-asymmetric",
            redirect_uris=(REDIRECT,),
            launch_url="https://journal.example/launch",
            scopes=SCOPES,
            jwks=public_jwks([our_key()]),
            audience_hint="patient",
        ),
        RegisteredApp(
            client_id="journal-public",
            name="Journal, public",
            kind="public",
            redirect_uris=(REDIRECT,),
            scopes=SCOPES,
        ),
        RegisteredApp(
            client_id="journal-secret",
            name="Journal with a secret",
            kind="confidential-symmetric",
            redirect_uris=(REDIRECT,),
            scopes=SCOPES,
            secret="a secret: with %/+ in it",
        ),
        RegisteredApp(
            client_id="journal-worker",
            name="Journal worker",
            kind="backend",
            scopes=BACKEND_SCOPES,
            jwks=public_jwks([our_key("RSA"), our_key()]),
        ),
    )
    return create_sandbox(SandboxConfig(folder=tmp_path, base_url=BASE, apps=apps, audiences=(OURS,)))


@pytest.fixture
def http(ehr: flask.Flask) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=httpx2.WSGITransport(app=ehr)) as client:
        yield client


@pytest.fixture
def configurations(http: httpx2.Client) -> Configurations:
    return Configurations(http, _now, loopback_allowed=True)


def _caller(http: httpx2.Client, registered: Registration = PATIENT_APP) -> Caller:
    return Caller(registered, http, _now, secrets.token_bytes)


class Patient:
    """A patient at a browser, at the sandbox's own pages."""

    def __init__(self, ehr: flask.Flask) -> None:
        # Browsers send Secure cookies to this machine without TLS; a Python jar must be told so.
        jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
        self.http = httpx2.Client(transport=httpx2.WSGITransport(app=ehr), base_url=BASE, cookies=jar)

    def open(self, url: str) -> httpx2.Response:
        """Follow redirects as a browser does, until a page of ours would open."""
        response = self.http.get(url)
        return self._follow(response)

    def press(self, page: httpx2.Response, action: str, **fields: str) -> httpx2.Response:
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        return self._follow(self.http.post(action, data={**hidden, **fields}))

    def sign_in(self) -> str:
        page = self.http.get("/sign-in")
        person = re.findall(r'value="(Patient/[^"]+)"', page.text)[0]
        self.press(page, "/sign-in", person=person)
        return person.removeprefix("Patient/")

    def _follow(self, response: httpx2.Response) -> httpx2.Response:
        while response.status_code in (302, 303) and response.headers["location"].startswith(("/", BASE)):
            response = self.http.get(response.headers["location"])
        return response


def _returned(response: httpx2.Response) -> launch.Returned:
    query = parse_qs(urlsplit(response.headers["location"]).query)
    values = {name: query[name][0] for name in ("state", "code", "error", "iss") if name in query}
    return launch.Returned(**values)


def _sign_in_standalone(
    ehr: flask.Flask, http: httpx2.Client, configurations: Configurations, registered: Registration
) -> tuple[launch.PendingLaunch, TokenAnswer, str]:
    patient = Patient(ehr)
    patient_id = patient.sign_in()
    begun = launch.begin(
        configurations.of(ISS),
        registered,
        redirect_uri=REDIRECT,
        scope=SCOPES.replace("launch ", ""),
        launch=None,
        now=_now(),
        random=secrets.token_bytes,
    )
    returned = _returned(patient.open(begun.authorize_url))
    return begun.pending, launch.finish(begun.pending, returned, _caller(http, registered)), patient_id


REGISTRATIONS = (
    PATIENT_APP,
    Registration("journal-public", ClientKind.PUBLIC),
    Registration("journal-secret", ClientKind.SYMMETRIC, secret="a secret: with %/+ in it"),
)


@pytest.mark.parametrize("registered", REGISTRATIONS, ids=lambda one: one.client_id)
def test_a_patient_signs_in_from_outside(
    ehr: flask.Flask, http: httpx2.Client, configurations: Configurations, registered: Registration
) -> None:
    """Standalone launch with each kind of client: the token is for the patient who signed in, who is proven."""
    pending, answer, patient_id = _sign_in_standalone(ehr, http, configurations, registered)
    assert answer.patient == patient_id
    assert parse(answer.scope).allows("patient", "Encounter", "s")
    keys = RemoteKeys(http, lambda: fetch_keys_address(http, BASE, loopback_allowed=True), _now)
    person = id_token.prove(
        answer.id_token or "",
        issuer=BASE,
        client_id=registered.client_id,
        nonce=pending.nonce,
        keys=keys,
        now=_now(),
        record_bases=(ISS,),
        access_token=answer.access_token,
    )
    assert person.fhir_user == f"Patient/{patient_id}"


def test_a_patient_opens_the_journal_in_the_portal(
    ehr: flask.Flask, http: httpx2.Client, configurations: Configurations
) -> None:
    """EHR launch: the opaque launch value goes back unchanged, and the context comes with the token."""
    patient = Patient(ehr)
    patient_id = patient.sign_in()
    opened = patient.press(patient.http.get("/portal/"), "/portal/open", app="journal-patient")
    query = parse_qs(urlsplit(opened.headers["location"]).query)
    assert query["iss"] == [ISS]
    begun = launch.begin(
        configurations.of(ISS),
        PATIENT_APP,
        redirect_uri=REDIRECT,
        scope=SCOPES.replace(" launch/patient", ""),
        launch=query["launch"][0],
        now=_now(),
        random=secrets.token_bytes,
    )
    answer = launch.finish(begun.pending, _returned(patient.open(begun.authorize_url)), _caller(http))
    assert answer.patient == patient_id
    assert answer.need_patient_banner
    again = patient.open(begun.authorize_url)
    with pytest.raises(LaunchRefused):
        launch.finish(begun.pending, _returned(again), _caller(http))


def test_a_renewed_token_is_new_and_the_old_refresh_token_is_dead(
    ehr: flask.Flask, http: httpx2.Client, configurations: Configurations
) -> None:
    """Refresh keeps patient and scopes; the rotated token, used again, is refused (A-93, T11)."""
    pending, first, _ = _sign_in_standalone(ehr, http, configurations, PATIENT_APP)
    second = launch.refresh(first, _caller(http), token_endpoint=pending.token_endpoint, iss=ISS)
    assert second.access_token != first.access_token
    assert (second.patient, second.scope) == (first.patient, first.scope)
    assert second.refresh_token not in (None, first.refresh_token)
    with pytest.raises(TokenRefused, match="invalid_grant"):
        launch.refresh(first, _caller(http), token_endpoint=pending.token_endpoint, iss=ISS)


def test_a_code_serves_once(ehr: flask.Flask, http: httpx2.Client, configurations: Configurations) -> None:
    """The sandbox refuses a used code, and we say which refusal it was and nothing more."""
    patient = Patient(ehr)
    patient.sign_in()
    begun = launch.begin(
        configurations.of(ISS),
        PATIENT_APP,
        redirect_uri=REDIRECT,
        scope="openid fhirUser launch/patient patient/Patient.r",
        launch=None,
        now=_now(),
        random=secrets.token_bytes,
    )
    returned = _returned(patient.open(begun.authorize_url))
    launch.finish(begun.pending, returned, _caller(http))
    with pytest.raises(TokenRefused, match=r"invalid_grant"):
        launch.finish(begun.pending, returned, _caller(http))


def test_the_worker_gets_its_token(http: httpx2.Client, configurations: Configurations) -> None:
    """Backend services with an RS384 and an ES384 key; one token serves until 80 % of its life."""
    tokens = BackendTokens(_caller(http, BACKEND), ISS, configurations, BACKEND_SCOPES)
    first = tokens.token()
    assert tokens.token() == first
    tokens.forget(first)
    assert tokens.token() != first


def test_the_worker_says_which_scope_it_lacks(http: httpx2.Client, configurations: Configurations) -> None:
    """D-13: a scope that was not granted is named, by meaning and not by spelling."""
    tokens = BackendTokens(_caller(http, BACKEND), ISS, configurations, BACKEND_SCOPES + " system/Binary.c")
    with pytest.raises((ScopeMissing, TokenRefused)) as caught:
        tokens.token()
    assert "Binary" in str(caught.value) or "invalid_scope" in str(caught.value)


def test_a_token_for_the_record_system_is_no_token_for_us(
    ehr: flask.Flask, http: httpx2.Client, configurations: Configurations
) -> None:
    """T14a: a good token whose audience is the record system's own base is refused at ours."""
    _, answer, patient_id = _sign_in_standalone(ehr, http, configurations, PATIENT_APP)
    keys = RemoteKeys(http, lambda: f"{BASE}/auth/jwks", _now)
    with pytest.raises(TokenInvalid, match="audience"):
        access_token.check(answer.access_token, base=OURS, issuer=BASE, audiences=(), keys=keys, now=_now())
    grant = access_token.check(
        answer.access_token,
        base=OURS,
        issuer=BASE,
        audiences=(ISS,),
        keys=keys,
        now=_now(),
        record_bases=(ISS,),
    )
    assert (grant.patient, grant.fhir_user) == (patient_id, f"Patient/{patient_id}")
    assert grant.client_id == "journal-patient"


def test_an_id_token_is_no_access_token(
    ehr: flask.Flask, http: httpx2.Client, configurations: Configurations
) -> None:
    """B-21: the identity token is signed by the same issuer, and still opens nothing."""
    _, answer, _ = _sign_in_standalone(ehr, http, configurations, PATIENT_APP)
    keys = RemoteKeys(http, lambda: f"{BASE}/auth/jwks", _now)
    with pytest.raises(TokenInvalid):
        access_token.check(
            answer.id_token or "",
            base=OURS,
            issuer=BASE,
            audiences=("journal-patient",),
            keys=keys,
            now=_now(),
        )


def test_the_authorize_request_is_complete(http: httpx2.Client, configurations: Configurations) -> None:
    """A-40, A-41: every parameter is there, S256 and not plain, and the verifier is not."""
    begun = launch.begin(
        configurations.of(ISS),
        PATIENT_APP,
        redirect_uri=REDIRECT,
        scope=SCOPES,
        launch="opaque %&= value",
        now=_now(),
        random=secrets.token_bytes,
    )
    query = parse_qs(urlsplit(begun.authorize_url).query)
    expected = {
        "response_type": ["code"],
        "client_id": ["journal-patient"],
        "redirect_uri": [REDIRECT],
        "scope": [SCOPES],
        "aud": [ISS],
        "code_challenge_method": ["S256"],
        "launch": ["opaque %&= value"],
    }
    assert {name: query[name] for name in expected} == expected
    assert len(query["state"][0]) >= 43
    assert len(query["code_challenge"][0]) == 43
    assert begun.pending.verifier not in begun.authorize_url
    assert urlencode({"aud": ISS}) in begun.authorize_url
