"""How we are registered at one record system, and how we prove it there (SMART A-61 to A-64, D-01 to D-03)."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from joserfc import jwt

from service.smart.signing_keys import SigningKey, choose

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# SMART allows five minutes; the rest is for a clock of ours that runs ahead (fault F23).
ASSERTION_LIFE = timedelta(minutes=4)
_JTI_BYTES = 16


class ClientKind(StrEnum):
    """What kind of client we are there, in the words of the SMART capabilities."""

    PUBLIC = "public"
    SYMMETRIC = "confidential-symmetric"
    ASYMMETRIC = "confidential-asymmetric"


@dataclass(frozen=True, slots=True)
class Registration:
    """One registration: client_id, and the secret or keys that go with its kind.

    `sends_client_id`: some servers want it in the form of a confidential client too (F-4 of the SMART sheet).
    `assertion_audience`: where a server expects its issuer there instead of the token endpoint's URL (F-5).
    """

    client_id: str
    kind: ClientKind
    secret: str | None = field(default=None, repr=False)
    keys: tuple[SigningKey, ...] = field(default=(), repr=False)
    sends_client_id: bool = False
    assertion_audience: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a token request carries to prove the client: form fields and headers."""

    fields: dict[str, str] = field(repr=False)
    headers: dict[str, str] = field(repr=False)


def prove_client(
    registration: Registration,
    token_endpoint: str,
    *,
    now: datetime,
    random: Callable[[int], bytes],
    algorithms: Sequence[str] = (),
) -> Proof:
    """A fresh proof for one request; an assertion is never used twice, not even for a retry (D-03).

    `algorithms` are those the server says it takes. UnfitKey where none of our keys fits.
    """
    named = {"client_id": registration.client_id}
    if registration.kind is ClientKind.PUBLIC:
        return Proof(named, {})
    fields = named if registration.sends_client_id else {}
    if registration.kind is ClientKind.SYMMETRIC:
        return Proof(fields, {"Authorization": _basic(registration)})
    assertion = _assertion(registration, token_endpoint, now=now, random=random, algorithms=algorithms)
    return Proof(fields | {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}, {})


def _assertion(
    registration: Registration,
    token_endpoint: str,
    *,
    now: datetime,
    random: Callable[[int], bytes],
    algorithms: Sequence[str],
) -> str:
    signing = choose(registration.keys, algorithms)
    header = {"alg": signing.algorithm, "kid": signing.kid, "typ": "JWT"}
    claims = {
        "iss": registration.client_id,
        "sub": registration.client_id,
        "aud": registration.assertion_audience or token_endpoint,
        "exp": int((now + ASSERTION_LIFE).timestamp()),
        "jti": random(_JTI_BYTES).hex(),
    }
    return jwt.encode(header, claims, signing.key, algorithms=[signing.algorithm])


def _basic(registration: Registration) -> str:
    # RFC 6749 § 2.3.1: both halves are encoded before they are joined. A blank as %20, since some servers undo
    # percent signs alone and would keep a plus.
    pair = f"{quote(registration.client_id, safe='')}:{quote(registration.secret or '', safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
