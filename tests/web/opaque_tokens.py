"""Clinics whose authorization server gives out tokens that say nothing by themselves (RFC 7662)."""

import secrets
from dataclasses import replace
from typing import Any

from service.cli.demo_clinic import BACKEND
from service.sandbox.app import create_sandbox
from tests.world import CLINIC, EHR, Network, World, WorldWith

MINE = "patient-six-done"


def with_opaque_tokens(
    world_with: WorldWith, tokens: str = "opaque", clients: str = '"registry", "diary-app"'
) -> World:
    """A world whose clinic takes this form of token, and whose record system lets our worker introspect."""
    world = world_with(f'[clinic.{CLINIC}.api]\ntokens = "{tokens}"\nclients = [{clients}]\n')
    sandbox = world.sandboxes[CLINIC]
    before = sandbox.parts.config
    sandbox.close()
    apps = tuple(replace(app, introspects=app.client_id == BACKEND) for app in before.apps)
    sandbox.__dict__["app"] = create_sandbox(replace(before, apps=apps), Network(world.servers))
    return world


def opaque(world: World, clinic: str = CLINIC, **claims: Any) -> str:
    """An opaque token as the clinic's own authorization server would give it out; None takes a claim away."""
    now = int(world.clock().timestamp())
    right = {
        "iss": EHR,
        "sub": "somebody",
        "aud": world.base,
        "exp": now + 600,
        "jti": secrets.token_hex(8),
        "client_id": "diary-app",
        "scope": "openid fhirUser patient/QuestionnaireResponse.crs",
        "patient": MINE,
        "fhirUser": f"{EHR}/fhir/Patient/{MINE}",
    }
    kept = {name: value for name, value in (right | claims).items() if value is not None}
    return str(world.sandboxes[clinic].parts.tokens.issued.new_opaque(kept))


def questions(world: World) -> int:
    """How often the record system was asked about a token."""
    return world.net.asked.count(f"POST {EHR}/auth/introspect")
