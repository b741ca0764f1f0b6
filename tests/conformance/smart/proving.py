"""Identity tokens as an issuer signs them, and what we make of them."""

import json
from typing import Any

from service.smart.id_token import Person, prove
from tests.smart.people import ISS, ISSUER, NOW, Server, ec_key, key_set, remote_keys, rsa_key, sign

MOMENT = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "person-7",
    "aud": "journal",
    "iat": MOMENT,
    "exp": MOMENT + 300,
    "nonce": "n-1",
    "fhirUser": f"{ISS}/Patient/pat-1",
}


def id_token(header: dict[str, Any] | None = None, key: Any = None, **changed: Any) -> str:
    """A good identity token, with claims put differently; `...` takes one away."""
    claims = {name: value for name, value in (CLAIMS | changed).items() if value is not ...}
    return sign({"alg": "RS256", "kid": "rsa-1"} | (header or {}), claims, key or rsa_key())


def issuing() -> Server:
    """The issuer's keys, and nothing else."""
    return Server({"/jwks": (200, {}, json.dumps(key_set(rsa_key(), ec_key())).encode())})


def proven(token: str, issuer: Server | None = None, **more: Any) -> Person:
    """Whom the token proves; IdentityNotProven where it proves nobody."""
    asked = {"issuer": ISSUER, "client_id": "journal", "nonce": "n-1", "now": NOW, "record_bases": (ISS,)}
    return prove(token, keys=remote_keys(issuer or issuing()), **(asked | more))
