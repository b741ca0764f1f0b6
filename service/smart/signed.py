"""Opening a signed token (JWS compact form) that a stranger hands us: threats T12 and T13.

The signature is checked before any claim is looked at, with keys of the configured issuer only, and with an
algorithm from a list of asymmetric ones. What a header says about keys is never believed, and never fetched.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.smart.compact_form import check_signature, members_of, parts_of
from service.smart.keys import RemoteKeys
from service.smart.problems import TokenInvalid

ALGORITHMS = ("RS256", "RS384", "ES256", "ES384")
LEEWAY_SECONDS = 60
OUT_OF_TIME = frozenset({"expired", "lives-too-long", "iat-in-the-future", "nbf-in-the-future"})
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


def open_signed(token: str, keys: RemoteKeys, algorithms: Collection[str] = ALGORITHMS) -> Opened:
    """Check form, header and signature; TokenInvalid where anything is wrong, KeysUnavailable without keys."""
    header_part, claims_part = parts_of(token)
    header = members_of(header_part)
    algorithm = _check_header(header, algorithms)
    key = keys.find(header.get("kid"), "RSA" if algorithm.startswith("RS") else "EC")
    check_signature(token, key, algorithm)
    return Opened(header, members_of(claims_part))


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


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise TokenInvalid(f"claim-{name}")
    if not math.isfinite(value):
        raise TokenInvalid(f"claim-{name}")
    return float(value)
