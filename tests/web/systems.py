"""Backend clients that a clinic registered with us: each with a key of its own, at the clinic's export base."""

import json
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import flask
import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.people import FORM
from tests.world import CLINIC, JOURNAL, OTHER, World, WorldWith

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SIEM, ARCHIVE = "siem", "archive"
ARCHIVE_HOME = "http://localhost:8099"
SCOPES = "system/AuditEvent.rs"

Key = ECKey | RSAKey


@cache
def key_of(client: str, turn: int = 1) -> Key:
    """The client's key: of the curve P-384, or RSA for the archive."""
    kid = f"{client}-{turn}"
    if client == ARCHIVE:
        return RSAKey.generate_key(2048, parameters={"kid": kid})
    return ECKey.generate_key("P-384", parameters={"kid": kid})


def public(*keys: Key) -> dict[str, Any]:
    return {"keys": [{**key.as_dict(private=False), "kid": key.kid} for key in keys]}


def registered(clinic: str, client: str = SIEM, scopes: str = SCOPES, **more: str) -> str:
    """One client in clinics.toml: its key stands there, unless an address does."""
    [key] = public(key_of(client))["keys"]
    members = ", ".join(f'{name} = "{value}"' for name, value in key.items() if isinstance(value, str))
    keys = f'jwks_url = "{more["jwks_url"]}"' if more else f"jwks = {{ keys = [{{ {members} }}] }}"
    return f'[[clinic.{clinic}.export_clients]]\nclient_id = "{client}"\nscopes = "{scopes}"\n{keys}\n'


def with_systems(world_with: WorldWith) -> World:
    """A world in which both clinics know a client of the same name and key, and the first one the archive."""
    tables = [
        registered(CLINIC),
        registered(OTHER),
        registered(CLINIC, ARCHIVE, jwks_url=f"{ARCHIVE_HOME}/jwks"),
    ]
    world = world_with("\n".join(tables))
    world.servers[ARCHIVE_HOME] = httpx2.WSGITransport(app=key_server(public(key_of(ARCHIVE))))
    return world


def key_server(shown: dict[str, Any]) -> flask.Flask:
    """Where a client publishes its keys; what is `shown` may change."""
    app = flask.Flask("keys", static_folder=None)
    app.add_url_rule(
        "/jwks", "jwks", lambda: flask.Response(json.dumps(shown), content_type="application/json")
    )
    return app


@dataclass
class System:
    """A backend client at work."""

    world: World
    client: str = SIEM
    clinic: str = CLINIC

    @property
    def home(self) -> str:
        return f"{JOURNAL}/{self.clinic}/export"

    def assertion(self, header: dict[str, Any] | None = None, key: Key | None = None, **claims: Any) -> str:
        """A good assertion, unless the test changes something; None takes a member away."""
        signing = key or key_of(self.client)
        now = int(self.world.clock().timestamp())
        right = {
            "iss": self.client,
            "sub": self.client,
            "aud": f"{self.home}/token",
            "exp": now + 240,
            "jti": secrets.token_hex(16),
        }
        algorithm = "ES384" if signing.key_type == "EC" else "RS384"
        shown = {"alg": algorithm, "kid": signing.kid, "typ": "JWT"} | (header or {})
        return jwt.encode(
            {name: value for name, value in shown.items() if value is not None},
            {name: value for name, value in (right | claims).items() if value is not None},
            signing,
            algorithms=[shown["alg"]],
            default_type=None,
        )

    def ask_token(
        self, assertion: str | None = None, headers: dict[str, str] | None = None, **fields: str | None
    ) -> httpx2.Response:
        """The token request; None takes a field away."""
        form = {
            "grant_type": "client_credentials",
            "scope": SCOPES,
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion or self.assertion(),
        } | fields
        sent = urlencode({name: value for name, value in form.items() if value is not None})
        return self.ask("POST", "token", content=sent, headers=FORM | (headers or {}))

    def token(self, scope: str = SCOPES) -> str:
        answer = self.ask_token(scope=scope)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def get(self, path: str, token: str | None = None, **headers: str) -> httpx2.Response:
        """What stands at the export base, with this token or a fresh one."""
        shown = {"Authorization": f"Bearer {token or self.token()}"}
        return self.ask("GET", f"fhir/{path}", headers=shown | headers)

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        with httpx2.Client(transport=self.world.browser_network(), trust_env=False) as http:
            url = path if "://" in path else f"{self.home}/{path}"
            return http.request(method, url, **more)
