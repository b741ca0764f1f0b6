"""How a backend client that is registered with us proves itself by its private key (SMART C-30 to C-37, threat T18).

The other side of `registration`: there we prove ourselves to others. Apart from `signed`, because an assertion may
name where its keys lie (`jku`), and because its key and its type must be named.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.smart.compact_form import check_signature, members_of, parts_of
from service.smart.keys import SMALLEST_RSA, PublicKey, modulus_bits
from service.smart.problems import TokenInvalid
from service.smart.signed import LEEWAY_SECONDS, check_times, require_audience, require_text

KEY_TYPES: Mapping[str, str] = {"RS384": "RSA", "ES384": "EC"}
LONGEST_LIFE_SECONDS = 300
_LONGEST = 8 * 1024
_LARGEST_RSA = 8192
# Each of these would let the assertion choose how it is checked; `jku` alone may stand there, as it was registered.
_FORBIDDEN_MEMBERS = frozenset({"jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"})


class UnfitPublicKey(ValueError):
    """This key cannot be registered; the text says why, and nothing of the key."""


class Keys(Protocol):
    """Where the public keys of a client come from: as they were registered, or fetched from its own address."""

    def find(self, kid: str | None, key_type: str) -> PublicKey:
        """The one key of that kid and type ("RSA" or "EC"); TokenInvalid for none and for several."""


@dataclass(frozen=True, slots=True)
class RegisteredKeys:
    """A key set that the clinic registered itself."""

    keys: tuple[PublicKey, ...]

    def find(self, kid: str | None, key_type: str) -> PublicKey:
        """The one key of that kid and type; TokenInvalid for none and for several (SMART C-34)."""
        found = [key for key in self.keys if key.kid == kid and key.key_type == key_type]
        if kid is None or len(found) != 1:
            raise TokenInvalid("ambiguous-key" if found else "unknown-key")
        return found[0]


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A backend client as the clinic registered it with us; `scopes` are the most it may be granted."""

    client_id: str
    scopes: str
    keys: Keys = field(repr=False)
    jwks_url: str | None = None


@dataclass(frozen=True, slots=True)
class Proven:
    """What a good assertion proves: who shows it, and which it is; it could be shown until `until`."""

    client_id: str
    jti_digest: str
    until: datetime


def registered_keys(members: Sequence[Mapping[str, Any]]) -> RegisteredKeys:
    """The keys of a JSON Web Key Set; UnfitPublicKey where one could verify nothing, or is a private one."""
    return RegisteredKeys(tuple(_import(one) for one in members))


def claimed_client(assertion: str) -> str:
    """Whose assertion this says it is, with nothing proven yet; TokenInvalid where it cannot be read."""
    return require_text(members_of(parts_of(assertion, _LONGEST)[1]), "sub")


def prove(assertion: str, client: RegisteredClient, token_endpoint: str, now: datetime) -> Proven:
    """Check that this client signed the assertion just now, for our token endpoint; TokenInvalid says what is wrong.

    KeysUnavailable where its keys cannot be fetched. That it is shown for the first time is still to be found out.
    """
    header_part, claims_part = parts_of(assertion, _LONGEST)
    header = members_of(header_part)
    algorithm = _check_header(header, client.jwks_url)
    check_signature(assertion, client.keys.find(header["kid"], KEY_TYPES[algorithm]), algorithm)
    claims = members_of(claims_part)
    if require_text(claims, "iss") != client.client_id or require_text(claims, "sub") != client.client_id:
        raise TokenInvalid("client")
    # One that was also made for somebody else could be shown to us by them.
    if set(require_audience(claims)) != {token_endpoint}:
        raise TokenInvalid("audience")
    expires = check_times(claims, now, LONGEST_LIFE_SECONDS)
    until = datetime.fromtimestamp(expires, UTC) + timedelta(seconds=LEEWAY_SECONDS)
    return Proven(client.client_id, _digest(require_text(claims, "jti")), until)


def _digest(jti: str) -> str:
    return hashlib.sha256(jti.encode()).hexdigest()


def _check_header(header: Mapping[str, Any], jwks_url: str | None) -> str:
    """The algorithm, once the header names type, key and algorithm as SMART asks (C-31, C-33, C-35)."""
    if _FORBIDDEN_MEMBERS & header.keys():
        raise TokenInvalid("header-member")
    if "jku" in header and (jwks_url is None or header["jku"] != jwks_url):
        raise TokenInvalid("key-set-address")
    if str(header.get("typ", "")).upper() != "JWT":
        raise TokenInvalid("type")
    require_text(header, "kid")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in KEY_TYPES:
        raise TokenInvalid("algorithm")
    return algorithm


def _import(members: Mapping[str, Any]) -> PublicKey:
    """One public key in bare form (C-35), strong enough for the algorithm that it is for."""
    if "d" in members:
        raise UnfitPublicKey("a private key stands where a public one belongs")
    try:
        return _rsa(members) if members["kty"] == "RSA" else _ec(members)
    except UnfitPublicKey:
        raise
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise UnfitPublicKey("a key cannot be read") from error


def _rsa(members: Mapping[str, Any]) -> RSAKey:
    if not SMALLEST_RSA <= modulus_bits(members["n"]) <= _LARGEST_RSA:
        raise UnfitPublicKey("an RSA key must have 2048 bits at least")
    return RSAKey.import_key({name: members[name] for name in ("kty", "kid", "n", "e")})


def _ec(members: Mapping[str, Any]) -> ECKey:
    if members["kty"] != "EC" or members["crv"] != "P-384":
        raise UnfitPublicKey("a key must be RSA, or EC on the curve P-384")
    key = ECKey.import_key({name: members[name] for name in ("kty", "kid", "crv", "x", "y")})
    key.public_key  # noqa: B018  # reading it checks that the point lies on the curve
    return key
