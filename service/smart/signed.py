"""Opening a signed token (JWS compact form) that a stranger hands us: threats T12 and T13.

The signature is checked before any claim is looked at, with keys of the configured issuer only, and with an
algorithm from a list of asymmetric ones. What a header says about keys is never believed, and never fetched.
"""

import base64
import binascii
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from service.smart.keys import PublicKey, RemoteKeys
from service.smart.problems import TokenInvalid
from service.smart.strict_json import NotStrict, read_object

ALGORITHMS = ("RS256", "RS384", "ES256", "ES384")
LEEWAY_SECONDS = 60
LONGEST = 16 * 1024
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_LONGEST_HEADER = 2048
_LONGEST_KID = 255
# Every one of these would let the token itself choose how it is checked.
_FORBIDDEN_MEMBERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "p2c", "p2s"})


@dataclass(frozen=True, slots=True)
class Opened:
    """Header and claims of a token whose signature is good; nothing else has been checked yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The header's `typ` in lower case without "application/"; empty where there is none (RFC 7515 § 4.1.9)."""
        return str(self.header.get("typ", "")).lower().removeprefix("application/")


class _AnyHeader(jws.JWSRegistry):
    max_header_length = _LONGEST_HEADER
    max_payload_length = LONGEST


def open_signed(token: str, keys: RemoteKeys, algorithms: Collection[str] = ALGORITHMS) -> Opened:
    """Check form, header and signature; TokenInvalid where anything is wrong, KeysUnavailable without keys."""
    header_part, claims_part = _parts(token)
    header = _object(header_part)
    algorithm = _check_header(header, algorithms)
    key = keys.find(header.get("kid"), "RSA" if algorithm.startswith("RS") else "EC")
    _check_signature(token, key, algorithm)
    return Opened(header, _object(claims_part))


def require_text(claims: Mapping[str, Any], name: str, longest: int = 255) -> str:
    """A claim that must be non-empty text; TokenInvalid otherwise."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise TokenInvalid(f"claim-{name}")
    return value


def require_audience(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The `aud` claim as texts, one or several; TokenInvalid where it has another form."""
    value = claims.get("aud")
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list) or not several or not all(isinstance(one, str) for one in several):
        raise TokenInvalid("claim-aud")
    return tuple(several)


def check_times(claims: Mapping[str, Any], now: datetime, longest_life_seconds: int) -> float:
    """Check exp (required), iat and nbf with 60 s of leeway (B-21); returns exp. TokenInvalid."""
    moment = now.timestamp()
    expires = _instant(claims, "exp")
    if expires is None:
        raise TokenInvalid("claim-exp")
    if moment >= expires + LEEWAY_SECONDS:
        raise TokenInvalid("expired")
    if expires > moment + longest_life_seconds + LEEWAY_SECONDS:
        raise TokenInvalid("lives-too-long")
    for name in ("iat", "nbf"):
        begins = _instant(claims, name)
        if begins is not None and begins > moment + LEEWAY_SECONDS:
            raise TokenInvalid(f"{name}-in-the-future")
    return expires


def _parts(token: str) -> tuple[str, str]:
    if not isinstance(token, str) or len(token) > LONGEST:
        raise TokenInvalid("size")
    match = _COMPACT.fullmatch(token)
    if match is None:
        raise TokenInvalid("form")
    return match[1], match[2]


def _object(part: str) -> dict[str, Any]:
    try:
        # Another spelling of the same bytes (spare bits) is refused by joserfc when it checks the signature.
        return read_object(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, NotStrict) as error:
        raise TokenInvalid("encoding") from error


def _check_header(header: Mapping[str, Any], algorithms: Collection[str]) -> str:
    if _FORBIDDEN_MEMBERS & header.keys():
        raise TokenInvalid("header-member")
    kid = header.get("kid")
    if "kid" in header and not (isinstance(kid, str) and 0 < len(kid) <= _LONGEST_KID):
        raise TokenInvalid("kid")
    if not isinstance(header.get("typ", ""), str):
        raise TokenInvalid("type")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in ALGORITHMS:
        raise TokenInvalid("algorithm")
    return algorithm


def _check_signature(token: str, key: PublicKey, algorithm: str) -> None:
    registry = _AnyHeader(algorithms=[algorithm], strict_check_header=False)
    try:
        key.check_alg(algorithm)
        jws.deserialize_compact(token, key, algorithms=[algorithm], registry=registry)
    except (JoseError, ValueError, TypeError) as error:
        raise TokenInvalid("signature") from error


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise TokenInvalid(f"claim-{name}")
    if not math.isfinite(value):
        raise TokenInvalid(f"claim-{name}")
    return float(value)
