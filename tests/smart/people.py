"""Who acts in these tests: a clock that stands still until moved, keys, an issuer who signs, and a hostile server."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from service.smart.keys import RemoteKeys
from service.smart.registration import ClientKind, Registration
from service.smart.signing_keys import load_signing_key
from service.smart.token_endpoint import Caller

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ISS = "https://ehr.example/fhir"
ISSUER = "https://ehr.example"
OUR_BASE = "https://journal.example/maple/fhir"
REDIRECT = "https://journal.example/launch/return"
JWKS_URI = "https://ehr.example/jwks"


class Clock:
    """A clock for tests: it moves only when told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)


@cache
def rsa_key(name: str = "rsa-1") -> RSAKey:
    return RSAKey.generate_key(2048, parameters={"kid": name})


def short_rsa_key(name: str) -> dict[str, Any]:
    """A key nobody should use, as a JWK; joserfc itself would only warn."""
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    modulus = base64.urlsafe_b64encode(numbers.n.to_bytes(128)).rstrip(b"=").decode()
    return {"kty": "RSA", "kid": name, "n": modulus, "e": "AQAB"}


@cache
def ec_key(name: str = "ec-1", curve: str = "P-256") -> ECKey:
    return ECKey.generate_key(curve, parameters={"kid": name})  # type: ignore[arg-type]


def key_set(*keys: RSAKey | ECKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def sign(header: dict[str, Any], claims: dict[str, Any], key: RSAKey | ECKey) -> str:
    return jwt.encode(header, claims, key, algorithms=[header["alg"]], default_type=None)


def sign_raw(header: dict[str, Any], payload: bytes, key: RSAKey | ECKey) -> str:
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    return jws.serialize_compact(header, payload, key, algorithms=[header["alg"]], registry=registry)


@dataclass
class Server:
    """A WSGI server that answers each path as told, and remembers what it was asked."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path, body = environ["PATH_INFO"], environ["wsgi.input"].read()
        headers = {name: value for name, value in environ.items() if isinstance(value, str)}
        self.asked.append((environ["REQUEST_METHOD"], path, headers, body))
        answer = self.answers.get(path, (404, {}, b"nothing here"))
        status, fields, content = answer(headers, body) if callable(answer) else answer
        start_response(f"{status} Told", list(fields.items()))
        return [content]

    def client(self) -> httpx2.Client:
        return httpx2.Client(transport=httpx2.WSGITransport(app=self))

    def count(self, path: str) -> int:
        return sum(1 for _, asked, _, _ in self.asked if asked == path)


def remote_keys(server: Server, clock: Clock | None = None, address: str = JWKS_URI) -> RemoteKeys:
    return RemoteKeys(server.client(), lambda: address, clock or Clock())


@cache
def our_key(kind: str = "EC"):
    key = ECKey.generate_key("P-384") if kind == "EC" else RSAKey.generate_key(2048)
    return load_signing_key(key.as_pem(private=True))


def registration(kind: ClientKind = ClientKind.PUBLIC, **more: Any) -> Registration:
    keys = (our_key(),) if kind is ClientKind.ASYMMETRIC else ()
    secret = "s p:e/c+ial" if kind is ClientKind.SYMMETRIC else None
    return Registration("journal", kind, **{"secret": secret, "keys": keys, **more})


def caller(server: Server, clock: Clock | None = None, registered: Registration | None = None) -> Caller:
    return Caller(registered or registration(), server.client(), clock or Clock(), secrets.token_bytes)
