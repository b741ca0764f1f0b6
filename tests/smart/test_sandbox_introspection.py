"""Opaque tokens of the sandbox at our base: asked about at a server that knows nothing of ours but the standards."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.sandbox.app import create_sandbox
from service.sandbox.config import RegisteredApp, SandboxConfig
from service.smart.backend_services import BackendTokens
from service.smart.discovery import Configurations
from service.smart.introspection import Introspection, Terms
from service.smart.problems import ServerSilent, TokenInvalid
from service.smart.registration import ClientKind, Registration
from service.smart.signing_keys import public_jwks
from service.smart.token_endpoint import Caller, revoke
from tests.sandbox.actors import SmartApp, Visitor
from tests.smart.people import Clock, our_key

BASE = "http://localhost:8090"
ISS = f"{BASE}/fhir"
OURS = "http://127.0.0.1:8080/maple/fhir"
PATIENT = "Patient/patient-two-in"
SCOPE = "openid fhirUser launch/patient patient/QuestionnaireResponse.crs offline_access"
WORKER = Registration("journal-worker", ClientKind.ASYMMETRIC, keys=(our_key(),))
REGISTRY = Registration("registry", ClientKind.ASYMMETRIC, keys=(our_key("RSA"),))
TERMS = Terms(OURS, BASE, clients=frozenset({"diary-app", "registry"}), record_bases=(ISS, f"{ISS}/"))


@dataclass
class _Wire(httpx2.BaseTransport):
    """The way to the sandbox, which can be cut; it counts what is asked there about tokens."""

    inner: httpx2.BaseTransport
    is_cut: bool = False
    asked: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_cut:
            raise httpx2.ConnectError("the wire is cut")
        self.asked.append(request.url.path)
        return self.inner.handle_request(request)


@dataclass
class Clinic:
    """The sandbox, our worker's way to it, and the time of both."""

    config: SandboxConfig
    clock: Clock
    app: Any = None
    wire: _Wire = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_sandbox(self.config)
        self.wire = _Wire(httpx2.WSGITransport(app=self.app))

    def http(self) -> httpx2.Client:
        return httpx2.Client(transport=self.wire)

    def caller(self, registered: Registration = WORKER) -> Caller:
        return Caller(registered, self.http(), self.clock, secrets.token_bytes)

    def introspection(self, terms: Terms = TERMS, registered: Registration = WORKER) -> Introspection:
        configurations = Configurations(self.http(), self.clock, loopback_allowed=True)
        return Introspection(self.caller(registered), ISS, configurations, terms)

    def diary(self, scope: str = SCOPE) -> tuple[SmartApp, dict[str, Any]]:
        """A patient's own app, and the token response that it got for our base."""
        app = SmartApp(self.http(), BASE, "diary-app", "http://127.0.0.1/diary", scope, clock=self.clock)
        visitor = Visitor(self.app, BASE)
        visitor.sign_in(PATIENT)
        return app, app.exchange(app.code(visitor, aud=OURS)).json()

    def service_token(self) -> str:
        configurations = Configurations(self.http(), self.clock, loopback_allowed=True)
        scope = "system/QuestionnaireResponse.rs"
        return BackendTokens(self.caller(REGISTRY), ISS, configurations, scope).token()

    @property
    def questions(self) -> int:
        return self.wire.asked.count("/auth/introspect")


@pytest.fixture(params=[True, False], ids=["opaque", "signed"])
def clinic(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Clinic]:
    """A sandbox with each form of token: whoever is asked about a token does not mind what it looks like."""
    apps = (
        RegisteredApp(
            client_id="diary-app",
            name="A diary",
            kind="public",
            redirect_uris=("http://127.0.0.1/diary",),
            scopes=SCOPE,
        ),
        RegisteredApp(
            client_id="registry",
            name="A registry",
            kind="backend",
            scopes="system/QuestionnaireResponse.rs",
            jwks=public_jwks([our_key("RSA")]),
        ),
        RegisteredApp(
            client_id="journal-worker",
            name="Our worker",
            kind="backend",
            scopes="system/Patient.rs",
            jwks=public_jwks([our_key()]),
            introspects=True,
        ),
    )
    clock = Clock()
    config = SandboxConfig(
        folder=tmp_path,
        base_url=BASE,
        apps=apps,
        audiences=(OURS,),
        clock=clock,
        opaque_tokens=request.param,
    )
    made = Clinic(config, clock)
    yield made
    made.app.extensions["maple-grove"].close()


def test_a_patients_own_app_is_known_by_its_token(clinic: Clinic) -> None:
    _, token = clinic.diary()
    grant = clinic.introspection().check(token["access_token"])
    assert (grant.client_id, grant.issuer) == ("diary-app", BASE)
    assert (grant.patient, grant.fhir_user) == ("patient-two-in", PATIENT)
    assert grant.scopes.allows("patient", "QuestionnaireResponse", "c")


def test_a_service_has_neither_person_nor_patient(clinic: Clinic) -> None:
    grant = clinic.introspection().check(clinic.service_token())
    assert (grant.client_id, grant.subject) == ("registry", "registry")
    assert (grant.patient, grant.fhir_user) == (None, None)
    assert grant.scopes.allows("system", "QuestionnaireResponse", "s")


def test_a_token_of_an_unlisted_client_is_refused(clinic: Clinic) -> None:
    """T14a: SMART's answer names no audience, so any app ever allowed at the record system would come in."""
    _, token = clinic.diary()
    asking = clinic.introspection(replace(TERMS, clients=frozenset({"registry"})))
    with pytest.raises(TokenInvalid, match="client"):
        asking.check(token["access_token"])


def test_without_fhir_user_the_token_names_nobody(clinic: Clinic) -> None:
    _, token = clinic.diary("launch/patient patient/QuestionnaireResponse.crs")
    assert clinic.introspection().check(token["access_token"]).fhir_user is None


def test_a_revoked_access_token_is_refused_after_thirty_seconds_at_most(clinic: Clinic) -> None:
    """T17, T23."""
    app, token = clinic.diary()
    asking = clinic.introspection()
    asking.check(token["access_token"])
    data = {"client_id": "diary-app", "token": token["access_token"]}
    assert app.http.post(f"{BASE}/auth/revoke", data=data).status_code == 200
    clinic.clock.pass_time(seconds=30)
    with pytest.raises(TokenInvalid, match="inactive"):
        asking.check(token["access_token"])
    with pytest.raises(TokenInvalid, match="inactive"):
        clinic.introspection().check(token["access_token"])


def test_a_revoked_refresh_token_takes_the_access_token_with_it(clinic: Clinic) -> None:
    app, token = clinic.diary()
    app.http.post(f"{BASE}/auth/revoke", data={"client_id": "diary-app", "token": token["refresh_token"]})
    with pytest.raises(TokenInvalid, match="inactive"):
        clinic.introspection().check(token["access_token"])


def test_our_own_way_of_revoking_works_there(clinic: Clinic) -> None:
    """What signing out does (RFC 7009, by private_key_jwt)."""
    token = clinic.service_token()
    assert clinic.introspection().check(token).client_id == "registry"
    assert revoke(clinic.caller(REGISTRY), f"{BASE}/auth/revoke", token, "access_token")
    with pytest.raises(TokenInvalid, match="inactive"):
        clinic.introspection().check(token)


def test_a_token_ends_when_it_says(clinic: Clinic) -> None:
    _, token = clinic.diary()
    asking = clinic.introspection()
    clinic.clock.pass_time(seconds=token["expires_in"] - 1)
    asking.check(token["access_token"])
    clinic.clock.pass_time(seconds=1)
    with pytest.raises(TokenInvalid):
        asking.check(token["access_token"])


def test_refresh_tokens_identity_tokens_and_made_up_ones_are_refused(clinic: Clinic) -> None:
    _, token = clinic.diary()
    asking = clinic.introspection()
    for one in (token["refresh_token"], token["id_token"], secrets.token_urlsafe(32)):
        with pytest.raises(TokenInvalid, match="inactive"):
            asking.check(one)


def test_a_worker_that_may_not_ask_accepts_nothing(clinic: Clinic) -> None:
    """The operator's mistake, not the client's: it is told to come again, and the log says why."""
    _, token = clinic.diary()
    with pytest.raises(ServerSilent, match="introspection-status"):
        clinic.introspection(registered=REGISTRY).check(token["access_token"])


def test_an_outage_accepts_nothing_but_what_was_just_confirmed(clinic: Clinic) -> None:
    _, token = clinic.diary()
    _, other = clinic.diary()
    asking = clinic.introspection()
    asking.check(token["access_token"])
    clinic.wire.is_cut = True
    assert asking.check(token["access_token"]).client_id == "diary-app"
    with pytest.raises(ServerSilent):
        asking.check(other["access_token"])
    clinic.clock.pass_time(seconds=30)
    with pytest.raises(ServerSilent):
        asking.check(token["access_token"])
    clinic.wire.is_cut = False
    assert asking.check(token["access_token"]).client_id == "diary-app"


def test_many_requests_are_one_question(clinic: Clinic) -> None:
    _, token = clinic.diary()
    asking = clinic.introspection()
    for _ in range(25):
        asking.check(token["access_token"])
    assert clinic.questions == 1
