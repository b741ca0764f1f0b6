"""The doors at which somebody asks about a token (RFC 7662, as SMART App Launch 2.2 profiles it) or ends it (RFC 7009).

Authlib keeps the order of the checks. Our own: who may ask, SMART's members of the answer, and that a refresh token
takes its whole family with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from service.sandbox.clients import Client

INTROSPECT = "/auth/introspect"
REVOKE = "/auth/revoke"


@dataclass(frozen=True, slots=True)
class StandingToken:
    """An access token that is good at this moment, by its claims; others are not found at all."""

    claims: dict[str, Any]

    def is_expired(self) -> bool:
        """Authlib's question; an expired token is never found."""
        return False

    def is_revoked(self) -> bool:
        """Authlib's question; a revoked token is never found."""
        return False


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib has no types
    """Tells a registered asker whether an access token is good, for whom and for what."""

    CLIENT_AUTH_METHODS = ["private_key_jwt"]  # noqa: RUF012 - Authlib's own shape

    def authenticate_endpoint_client(self, request: OAuth2Request) -> Client:
        """The asker, proven by its key or by its own access token (SMART introspection), and registered to ask.

        Whoever is not gets 401 rather than "inactive", so that a missing registration shows.
        """
        client = self._bearer(request) or self._proven(request)
        if not client.app.introspects:
            raise _refusal("This client is not registered to ask about tokens.")
        request.client = client
        return client

    def check_params(self, request: OAuth2Request, _client: Client) -> None:
        """A token must be named; a hint is no more than that (RFC 7662 section 2.1)."""
        _named(request)

    def query_token(self, token_string: str, _hint: str | None) -> StandingToken | None:
        """The access token, if it is good now. A refresh token is no access token, so it is not found."""
        claims = self.server.tokens.standing(token_string)
        return None if claims is None else StandingToken(claims)

    def check_permission(self, _token: StandingToken, client: Client, _request: OAuth2Request) -> bool:
        """Who may ask at all may ask about every token."""
        return bool(client.app.introspects)

    def introspect_token(self, token: StandingToken) -> dict[str, Any]:
        """SMART's members: scope, client and end always, the launch context as granted, the person with `openid`."""
        claims, scopes = token.claims, set(token.claims["scope"].split())
        shown = {name: claims[name] for name in ("scope", "client_id", "exp")}
        shown |= {name: claims[name] for name in ("patient", "encounter") if name in claims}
        approval = self.server.approvals.find(claims.get("approval", ""))
        if approval is not None:
            shown |= self.server.looks(approval)
        if "openid" in scopes:
            shown |= {name: claims[name] for name in ("iss", "sub")}
            if "fhirUser" in claims and {"fhirUser", "profile"} & scopes:
                shown["fhirUser"] = claims["fhirUser"]
        return shown

    def _bearer(self, request: OAuth2Request) -> Client | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        grant = self.server.tokens.read(token.strip())
        client: Client | None = self.server.query_client(grant.client_id) if grant is not None else None
        if client is None:
            raise _refusal("This access token is not valid here.")
        return client

    def _proven(self, request: OAuth2Request) -> Client:
        if not request.form.get("client_assertion_type") and not request.form.get("client_assertion"):
            raise _refusal("Whoever asks about a token must prove who they are.")
        found: Client = super().authenticate_endpoint_client(request)
        return found


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    """Ends a token of the client that asks; 200 also where there was nothing to end (RFC 7009 section 2.2)."""

    CLIENT_AUTH_METHODS = ["private_key_jwt", "client_secret_basic", "client_secret_post", "none"]  # noqa: RUF012

    def authenticate_token(self, request: OAuth2Request, _client: Client) -> str:
        """The token that was named. Hints are not needed, and whose it is shows when it is ended."""
        return _named(request)

    def revoke_token(self, token: str, request: OAuth2Request) -> None:
        """End it, if it was given to this client: a refresh token with all that came of it, an access token alone."""
        client_id = request.client.client_id
        if self.server.approvals.end_by_refresh_token(token, client_id):
            return
        claims = self.server.tokens.standing(token)
        if claims is not None and claims["client_id"] == client_id:
            self.server.tokens.revoke(token, claims)


def _named(request: OAuth2Request) -> str:
    token: str | None = request.form.get("token")
    if not token:
        raise InvalidRequestError("Missing 'token' in request.")
    return token


def _refusal(description: str) -> InvalidClientError:
    return InvalidClientError(status_code=401, description=description)
