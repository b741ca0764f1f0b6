"""Our own signing keys, and the key set that we publish (SMART D-01, D-04, C-35).

A private key is read from PEM or JWK, never leaves its value, and never shows in a representation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.smart.keys import SMALLEST_RSA, modulus_bits
from service.smart.problems import UnfitKey
from service.smart.strict_json import NotStrict, read_object

_PUBLIC_MEMBERS = ("kty", "kid", "n", "e", "crv", "x", "y")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its name (`kid`) and the one algorithm it signs with, RS384 or ES384."""

    kid: str
    algorithm: str
    key: RSAKey | ECKey = field(repr=False, compare=False)

    def public_jwk(self) -> dict[str, Any]:
        """The public half as a bare JWK with kid, use and alg."""
        members = self.key.as_dict(private=False)
        bare = {name: members[name] for name in _PUBLIC_MEMBERS if name in members}
        return bare | {"kid": self.kid, "use": "sig", "alg": self.algorithm}


def load_signing_key(text: str | bytes, *, kid: str | None = None) -> SigningKey:
    """Read a private key in PEM or JWK; without `kid` its own is taken, else its RFC 7638 thumbprint.

    UnfitKey where it is no private key, RSA below 2048 bits, or not on P-384.
    """
    key = _read(text)
    if not key.is_private:
        raise UnfitKey("public")
    if isinstance(key, RSAKey):
        return SigningKey(kid or key.kid or key.thumbprint(), "RS384", key)
    if key.curve_name != "P-384":
        raise UnfitKey("curve")
    return SigningKey(kid or key.kid or key.thumbprint(), "ES384", key)


def public_jwks(keys: Iterable[SigningKey]) -> dict[str, list[dict[str, Any]]]:
    """The JWKS document that record systems fetch to check what we sign."""
    return {"keys": [key.public_jwk() for key in keys]}


def choose(keys: Sequence[SigningKey], supported: Sequence[str]) -> SigningKey:
    """The first key whose algorithm the server takes; the first of all where it says nothing (D-01). UnfitKey."""
    for key in keys:
        if not supported or key.algorithm in supported:
            return key
    raise UnfitKey("none-supported")


def _read(text: str | bytes) -> RSAKey | ECKey:
    raw = text.encode() if isinstance(text, str) else text
    try:
        if raw.lstrip().startswith(b"{"):
            return _from_jwk(read_object(raw))
        return _from_pem(raw)
    except (JoseError, NotStrict, ValueError, TypeError, UnsupportedAlgorithm):
        raise UnfitKey("unreadable") from None  # the cause may quote the key


def _from_jwk(members: dict[str, Any]) -> RSAKey | ECKey:
    if members.get("kty") == "RSA":
        _check_size(modulus_bits(members.get("n")))
        return RSAKey.import_key(members)
    if members.get("kty") == "EC":
        return ECKey.import_key(members)
    raise UnfitKey("type")


def _from_pem(raw: bytes) -> RSAKey | ECKey:
    key = load_pem_private_key(raw, password=None)
    if isinstance(key, RSAPrivateKey):
        _check_size(key.key_size)
        return RSAKey.import_key(key)
    if isinstance(key, EllipticCurvePrivateKey):
        return ECKey.import_key(key)
    raise UnfitKey("type")


def _check_size(bits: int) -> None:
    if bits < SMALLEST_RSA:
        raise UnfitKey("short")
