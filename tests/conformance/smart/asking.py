"""Software at our own FHIR base, and the opaque tokens that a clinic may let it show."""

import secrets
from dataclasses import replace
from typing import Any

import httpx2

from service.cli.demo_clinic import BACKEND
from service.sandbox.app import create_sandbox
from tests.people import App, signed_token
from tests.world import CLINIC, EHR, JOURNAL, Network, World, WorldWith

QR = "QuestionnaireResponse"
SET = "Questionnaire/after-infusion-1"
MINE, THEIRS = "patient-six-done", "patient-eight-done"
REALM = 'Bearer realm="Infusion Journal"'


def fetched(world: World, path: str, **headers: str) -> httpx2.Response:
    """A GET below our public address, without any token."""
    with httpx2.Client(transport=world.browser_network(), trust_env=False) as http:
        return http.get(f"{JOURNAL}/{path}", headers=headers)


def configuration(world: World, base: str = f"{CLINIC}/fhir") -> dict[str, Any]:
    """The discovery document of one of our bases."""
    answer = fetched(world, f"{base}/.well-known/smart-configuration")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def showing(world: World, header: dict[str, Any] | None = None, **claims: Any) -> App:
    """An app with a signed token whose claims differ from a good one; None takes a claim away."""
    return App(world, signed_token(world, header=header, **claims))


def scoped(world: World, scope: str, name: str = MINE) -> App:
    """A patient's app with this scope."""
    return showing(world, scope=scope, patient=name, fhirUser=f"{EHR}/fhir/Patient/{name}")


def codes(answer: httpx2.Response) -> list[str]:
    """The issue codes of a refusal, which is an OperationOutcome."""
    assert answer.headers["content-type"] == "application/fhir+json", answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    return [one["code"] for one in answer.json()["issue"]]


def with_opaque_tokens(world_with: WorldWith, clients: str = '"registry", "diary-app"') -> World:
    """A world whose clinic takes opaque tokens, and whose record system tells our worker about them."""
    world = world_with(f'[clinic.{CLINIC}.api]\ntokens = "opaque"\nclients = [{clients}]\n')
    sandbox = world.sandboxes[CLINIC]
    before = sandbox.parts.config
    sandbox.close()
    apps = tuple(replace(app, introspects=app.client_id == BACKEND) for app in before.apps)
    sandbox.__dict__["app"] = create_sandbox(replace(before, apps=apps), Network(world.servers))
    return world


def opaque(world: World, **claims: Any) -> str:
    """An opaque token as the clinic's authorization server would give it; None takes a claim away."""
    now = int(world.clock().timestamp())
    right = {
        "iss": EHR,
        "sub": "somebody",
        "aud": world.base,
        "exp": now + 600,
        "jti": secrets.token_hex(8),
        "client_id": "diary-app",
        "scope": "openid fhirUser patient/QuestionnaireResponse.rs",
        "patient": MINE,
        "fhirUser": f"{EHR}/fhir/Patient/{MINE}",
    }
    kept = {name: value for name, value in (right | claims).items() if value is not None}
    return str(world.sandboxes[CLINIC].parts.tokens.issued.new_opaque(kept))


def questions(world: World) -> int:
    """How often the record system was asked about a token."""
    return world.net.asked.count(f"POST {EHR}/auth/introspect")
