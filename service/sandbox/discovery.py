"""What an app reads before it asks: the SMART configuration, the OpenID configuration, and the public keys."""

from __future__ import annotations

from typing import Any

import flask

from service.sandbox.config import SandboxConfig
from service.sandbox.parts import parts
from service.sandbox.scopes import parse
from service.sandbox.token_endpoints import INTROSPECT, REVOKE

blueprint = flask.Blueprint("discovery", __name__)

CAPABILITIES = (
    "launch-ehr",
    "launch-standalone",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "context-banner",
    "context-style",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "context-standalone-encounter",
    "sso-openid-connect",
    "permission-patient",
    "permission-user",
    "permission-offline",
    "permission-online",
    "permission-v1",
    "permission-v2",
    "authorize-post",
)
PROOFS = ("client_secret_basic", "client_secret_post", "private_key_jwt")


@blueprint.get("/fhir/.well-known/smart-configuration")
def smart_configuration() -> flask.Response:
    """SMART App Launch 2.2, "Conformance": JSON for every Accept header, no sign-in."""
    return flask.jsonify(smart_document(parts().config))


@blueprint.get("/.well-known/openid-configuration")
def openid_configuration() -> flask.Response:
    """OpenID Connect Discovery 1.0 section 3."""
    return flask.jsonify(openid_document(parts().config))


@blueprint.get("/auth/jwks")
def jwks() -> flask.Response:
    """The public keys; they may be remembered for five minutes."""
    answer = flask.jsonify(parts().tokens.keys.public())
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


def smart_document(config: SandboxConfig) -> dict[str, Any]:
    """The SMART configuration of this FHIR base."""
    return {
        "issuer": config.base_url,
        "jwks_uri": f"{config.base_url}/auth/jwks",
        "authorization_endpoint": f"{config.base_url}/auth/authorize",
        "token_endpoint": config.token_url,
        "introspection_endpoint": f"{config.base_url}{INTROSPECT}",
        "revocation_endpoint": f"{config.base_url}{REVOKE}",
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(PROOFS),
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "scopes_supported": scopes_supported(config),
        "capabilities": list(CAPABILITIES),
    }


def openid_document(config: SandboxConfig) -> dict[str, Any]:
    """The OpenID configuration of this issuer."""
    return {
        "issuer": config.base_url,
        "jwks_uri": f"{config.base_url}/auth/jwks",
        "authorization_endpoint": f"{config.base_url}/auth/authorize",
        "token_endpoint": config.token_url,
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nonce", "fhirUser"],
    }


def scopes_supported(config: SandboxConfig) -> list[str]:
    """Every scope that some registered app can get; the general ones always."""
    general = [
        "openid",
        "fhirUser",
        "launch",
        "launch/patient",
        "launch/encounter",
        "online_access",
        "offline_access",
    ]
    registered = sorted({scope for app in config.apps for scope in app.scopes.split() if parse(scope)})
    return list(dict.fromkeys([*general, *registered]))
