"""A token shown to our own FHIR base: what it grants, or why not (SMART B-20, B-21; threats T12 to T17).

Signed tokens (JWT) by the profile of RFC 9068 or near it; an id_token is never an access token. What others say
about opaque ones is read in introspection, into the same value.
"""

import base64
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.smart.fhir_id import is_id
from service.smart.fhir_user import relative_person
from service.smart.keys import RemoteKeys
from service.smart.problems import ContextsMixed, TokenInvalid
from service.smart.scopes import Granted, parse
from service.smart.signed import Opened, check_times, open_signed, require_audience, require_text
from service.smart.strict_json import read_object

LONGEST_LIFE_SECONDS = 24 * 3600
_LONGEST_HEADER = 4096
_TYPES = ("at+jwt", "jwt", "")
# What a launch gives to a person's token (SMART § launch context), and no machine's token has.
_OF_A_PERSON = ("patient", "encounter", "fhirUser")
# Claims that only an id_token has (OpenID Connect Core § 2, § 3.3.2.11).
_IDENTITY_CLAIMS = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "auth_time"})


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """What a good token grants; `patient` and `encounter` are bare ids, `jti_digest` names the token in the audit."""

    issuer: str
    subject: str
    client_id: str
    scopes: Granted
    patient: str | None
    fhir_user: str | None
    encounter: str | None
    jti_digest: str
    expires: datetime


def check(
    token: str,
    *,
    base: str,
    issuer: str,
    audiences: tuple[str, ...],
    keys: RemoteKeys,
    now: datetime,
    record_bases: Collection[str] = (),
    constraints: Mapping[str, frozenset[str]] | None = None,
) -> TokenGrant:
    """What the token grants at our FHIR `base`; TokenInvalid where it is not good here, KeysUnavailable without keys.

    Its `aud` must hold our base or one of the clinic's `audiences`, as whole strings: a token for the record
    system's own API is refused (rule 31). `constraints` as in scopes.parse.
    """
    opened = open_signed(token, keys)
    claims = opened.claims
    _check_type(opened)
    if claims.get("iss") != issuer:
        raise TokenInvalid("issuer")
    if not {base, *audiences} & set(require_audience(claims)):
        raise TokenInvalid("audience")
    expires = check_times(claims, now, LONGEST_LIFE_SECONDS)
    scopes = parse(_scope(claims), constraints)
    check_contexts(scopes, claims)
    return TokenGrant(
        issuer=issuer,
        subject=require_text(claims, "sub"),
        client_id=_client_id(claims),
        scopes=scopes,
        patient=context_id(claims, "patient"),
        fhir_user=relative_person(claims.get("fhirUser"), record_bases),
        encounter=context_id(claims, "encounter"),
        jti_digest=name_digest(token, issuer, claims),
        expires=datetime.fromtimestamp(expires, UTC),
    )


def looks_signed(token: str) -> bool:
    """Whether a token has the form of a signed one: three parts, the first a JSON object that names an algorithm."""
    parts = token.split(".")
    if len(parts) != 3 or len(parts[0]) > _LONGEST_HEADER:
        return False
    try:
        header = read_object(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except ValueError:
        return False
    return "alg" in header


def check_kind(claims: Mapping[str, Any]) -> None:
    """TokenInvalid where the claims themselves say that this is a token of another kind, such as a refresh token."""
    kind = str(claims.get("token_use", claims.get("typ", "access"))).lower()
    if kind not in ("access", "access_token", "bearer", "at+jwt"):
        raise TokenInvalid("not-an-access-token")


def check_contexts(scopes: Granted, claims: Mapping[str, Any]) -> None:
    """ContextsMixed where a token with system scopes also names a person, a patient or an encounter (T15)."""
    if scopes.has_level("system") and any(claims.get(name) is not None for name in _OF_A_PERSON):
        raise ContextsMixed("system-and-context")


def context_id(claims: Mapping[str, Any], name: str) -> str | None:
    """A bare id of the launch context, or None; TokenInvalid where something else stands there."""
    value = claims.get(name)
    if value is not None and not is_id(value):
        raise TokenInvalid(f"claim-{name}")
    return value


def name_digest(token: str, issuer: str, claims: Mapping[str, Any]) -> str:
    """What names a token in the audit: the SHA-256 in hex of its issuer and its `jti`, or of itself without one."""
    named = claims["jti"] if isinstance(claims.get("jti"), str) and claims["jti"] else token
    return hashlib.sha256(f"{issuer}\n{named}".encode()).hexdigest()


def _check_type(opened: Opened) -> None:
    if opened.type not in _TYPES:
        raise TokenInvalid("type")
    claims = opened.claims
    check_kind(claims)
    # auth_time may stand in an at+jwt (RFC 9068 § 2.2.1); without that type it marks an id_token.
    if opened.type != "at+jwt" and _IDENTITY_CLAIMS & claims.keys():
        raise TokenInvalid("not-an-access-token")
    if "iat" not in claims:
        raise TokenInvalid("claim-iat")


def _client_id(claims: Mapping[str, Any]) -> str:
    for name in ("client_id", "azp", "cid"):
        if name in claims:
            return require_text(claims, name)
    raise TokenInvalid("claim-client_id")


def _scope(claims: Mapping[str, Any]) -> str:
    value = claims.get("scope", claims.get("scp"))
    words = value if isinstance(value, list) else [value]
    if not words or not all(isinstance(word, str) for word in words):
        raise TokenInvalid("claim-scope")
    return " ".join(words)
