"""Making and checking the tokens of this record system: access tokens, identity tokens, and what a bearer may do."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import flask
from joserfc import jwt
from joserfc.errors import JoseError

from service.sandbox.approvals import Approval, Approvals
from service.sandbox.config import SandboxConfig
from service.sandbox.grant import Grant
from service.sandbox.issued import IssuedTokens
from service.sandbox.keys import SigningKeys

ACCESS_TYPE = "at+jwt"
BACKEND_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes tokens, signed with the sandbox's keys or opaque, and reads them again."""

    config: SandboxConfig
    keys: SigningKeys
    approvals: Approvals
    issued: IssuedTokens

    def access_for_person(self, approval: Approval, scope: str) -> str:
        """An access token (RFC 9068) for an approval, with the launch context as claims of its own."""
        context = {"patient": approval.patient, "encounter": approval.encounter}
        claims = {name: value for name, value in context.items() if value is not None}
        claims["fhirUser"] = self._absolute(approval.fhir_user)
        claims["approval"] = approval.id
        return self._access(
            approval.client_id, approval.subject, approval.audience, scope, self.config.token_seconds, claims
        )

    def access_for_backend(self, client_id: str, scope: str) -> str:
        """An access token for a backend service: no person, no context, five minutes."""
        return self._access(client_id, client_id, self.config.fhir_base, scope, BACKEND_SECONDS, {})

    def identity(self, approval: Approval) -> str:
        """The identity token (OpenID Connect): RS256, the nonce as it came, `fhirUser` where it was granted."""
        claims = self._claims(approval.subject, approval.client_id, self.config.token_seconds)
        if approval.nonce is not None:
            claims["nonce"] = approval.nonce
        if {"fhirUser", "profile"} & approval.scopes:
            claims["fhirUser"] = self._absolute(approval.fhir_user)
        header = {"alg": "RS256", "kid": self.keys.identity.kid}
        return jwt.encode(header, claims, self.keys.identity, algorithms=["RS256"])

    def grant_of(self, request: flask.Request) -> Grant | None:
        """What the bearer of this request may do at our own FHIR base; None for every token that is no good there."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.read(token.strip()) if scheme.lower() == "bearer" else None

    def read(self, token: str) -> Grant | None:
        """Check an access token for our own FHIR base: it stands, and it was made for here."""
        claims = self.standing(token)
        if claims is None or claims.get("aud") != self.config.fhir_base:
            return None
        return self._grant(claims)

    def standing(self, token: str) -> dict[str, Any] | None:
        """The claims of an access token for whichever audience, if it is ours, in its time and not revoked."""
        claims = self._signed_claims(token) or self.issued.claims(token)
        if claims is None or claims.get("iss") != self.config.base_url:
            return None
        expires = claims.get("exp")
        if not isinstance(expires, int) or expires <= self._now():
            return None
        if "approval" in claims and not self.approvals.stands(claims["approval"]):
            return None
        return None if self.issued.is_revoked(_name(token, claims)) else claims

    def revoke(self, token: str, claims: dict[str, Any]) -> None:
        """End one access token, known by its claims, and no other."""
        self.issued.revoke(_name(token, claims), claims["exp"])

    def _signed_claims(self, token: str) -> dict[str, Any] | None:
        try:
            found = jwt.decode(token, self.keys.verifiers(), algorithms=["ES256"])
        except (JoseError, ValueError):
            return None
        return found.claims if found.header.get("typ") == ACCESS_TYPE else None

    def _grant(self, claims: dict[str, Any]) -> Grant:
        fhir_user = claims.get("fhirUser")
        return Grant(
            client_id=claims["client_id"],
            scopes=frozenset(claims["scope"].split()),
            patient=claims.get("patient"),
            encounter=claims.get("encounter"),
            fhir_user=fhir_user.removeprefix(f"{self.config.fhir_base}/") if fhir_user else None,
            subject=claims["sub"] if fhir_user else None,
            audience=claims["aud"],
            expires=datetime.fromtimestamp(claims["exp"], UTC),
        )

    def _access(
        self, client_id: str, subject: str, audience: str, scope: str, seconds: int, context: dict[str, Any]
    ) -> str:
        claims = self._claims(subject, audience, seconds)
        claims |= {"jti": secrets.token_urlsafe(16), "client_id": client_id, "scope": scope, **context}
        if self.config.opaque_tokens:
            return self.issued.new_opaque(claims)
        header = {"alg": "ES256", "typ": ACCESS_TYPE, "kid": self.keys.access.kid}
        return jwt.encode(header, claims, self.keys.access, algorithms=["ES256"])

    def _claims(self, subject: str, audience: str, seconds: int) -> dict[str, Any]:
        now = self._now()
        return {
            "iss": self.config.base_url,
            "sub": subject,
            "aud": audience,
            "iat": now,
            "exp": now + seconds,
        }

    def _absolute(self, reference: str) -> str:
        return f"{self.config.fhir_base}/{reference}"

    def _now(self) -> int:
        return int(self.config.clock().timestamp())


def _name(token: str, claims: dict[str, Any]) -> str:
    """What an access token is remembered by."""
    return str(claims.get("jti") or token)


def subject_of(base_url: str, fhir_user: str) -> str:
    """The `sub` of a person: always the same at this record system, and telling nothing about the record."""
    return hashlib.sha256(f"{base_url}|{fhir_user}".encode()).hexdigest()[:32]
