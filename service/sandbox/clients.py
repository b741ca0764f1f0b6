"""Registered apps as Authlib asks about them: which way of signing in, which grants, which scopes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from authlib.oauth2.rfc6749 import ClientMixin

from service.sandbox.config import Kind, RegisteredApp
from service.sandbox.scopes import allowed, parse

WAYS_TO_PROVE: dict[Kind, tuple[str, ...]] = {
    "public": ("none",),
    "confidential-symmetric": ("client_secret_basic", "client_secret_post"),
    "confidential-asymmetric": ("private_key_jwt",),
    "backend": ("private_key_jwt",),
}


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    """One registered app; the method names are Authlib's."""

    app: RegisteredApp

    @property
    def client_id(self) -> str:
        """The app's client_id."""
        return self.app.client_id

    def get_client_id(self) -> str:
        """The app's client_id."""
        return self.app.client_id

    def get_default_redirect_uri(self) -> None:
        """None: SMART wants the redirect URI named in every request."""
        return

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether this is one of the registered URIs, letter by letter (RFC 6749 section 3.1.2.3)."""
        return redirect_uri in self.app.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is the secret; an app without one never passes."""
        kept = self.app.secret
        return bool(kept) and secrets.compare_digest(str(kept).encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - Authlib's signature
        """Whether an app of this kind proves itself this way."""
        return method in WAYS_TO_PROVE[self.app.kind]

    def check_response_type(self, response_type: str) -> bool:
        """Only codes, and only for apps with a person in front of them."""
        return response_type == "code" and self.app.kind != "backend"

    def check_grant_type(self, grant_type: str) -> bool:
        """Client credentials for backend services; codes and refresh for all others."""
        if self.app.kind == "backend":
            return grant_type == "client_credentials"
        return grant_type in ("authorization_code", "refresh_token")

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What is left of the asked scopes within the registered ones; None when nothing is."""
        registered = self.app.scopes.split()
        left = [
            name
            for asked in (scope or "").split()
            for name in allowed(asked, registered)
            if self._suits(name)
        ]
        return " ".join(dict.fromkeys(left)) or None

    def _suits(self, scope: str) -> bool:
        """`system/` scopes belong to backend services, everything else to apps with a person."""
        found = parse(scope)
        return (found is not None and found.level == "system") == (self.app.kind == "backend")
