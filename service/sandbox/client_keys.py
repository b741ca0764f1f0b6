"""How an app proves itself with its private key (SMART App Launch 2.2, "Client Authentication: Asymmetric").

It stands apart because Authlib's own check refuses RS384 and ES384, which SMART demands, and asks for less
than SMART does: the type, the five minutes, exactly one key of that name.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
from authlib.oauth2.rfc6749 import InvalidClientError
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.sandbox.config import RegisteredApp, SandboxConfig
from service.sandbox.database import Database

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY_TYPES = {"RS384": "RSA", "ES384": "EC"}
LONGEST_LIFE = 300
CLOCK_DIFFERENCE = 15
LONGEST_ASSERTION = 8 * 1024
LARGEST_KEY_SET = 64 * 1024


@dataclass(frozen=True, slots=True)
class KeySets:
    """Gets the public keys of an app: as registered, or fresh from the address that it registered."""

    transport: httpx2.BaseTransport | None = None

    def keys(self, app: RegisteredApp) -> list[dict[str, Any]]:
        """The app's keys as they stand in its JSON Web Key Set; raises `InvalidClientError` without a usable one."""
        kept = app.jwks if app.jwks is not None else self._fetch(app.jwks_url)
        keys = kept.get("keys") if isinstance(kept, Mapping) else None
        if not isinstance(keys, list):
            raise InvalidClientError(
                status_code=401, description="The key set of this client cannot be read."
            )
        return [key for key in keys if isinstance(key, dict)]

    def _fetch(self, url: str | None) -> Any:
        if url is None:
            return None
        try:
            # never through a proxy or a redirect: the registered address itself has to answer
            with (
                httpx2.Client(transport=self.transport, timeout=5.0, trust_env=False) as client,
                client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
            ):
                return json.loads(_limited(answer)) if answer.status_code == 200 else None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            return None


def _limited(answer: httpx2.Response) -> bytes:
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > LARGEST_KEY_SET:
            raise ValueError("the key set is too large")
    return body


class SpentAssertions:
    """The memory of assertion ids: each is good once, over restarts and processes."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def spend(self, client_id: str, jti: str, expires: int) -> bool:
        """Remember the id for as long as its assertion could be shown again; False when it was seen before."""
        now = int(self._clock().timestamp())
        try:
            with self._database.writing() as rows:
                rows.execute("delete from assertion where expires < ?", (now - CLOCK_DIFFERENCE,))
                rows.execute("insert into assertion values (?, ?, ?)", (client_id, jti, expires))
        except sqlite3.IntegrityError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class AssertionCheck:
    """Checks client assertions against the registered keys, this server's token URL and its clock."""

    config: SandboxConfig
    key_sets: KeySets
    spent: SpentAssertions

    def __call__(self, query_client: Callable[[str], Any], request: Any) -> Any:
        """Authlib's hook for `private_key_jwt`: the client that signed, None when no assertion was sent."""
        assertion = request.form.get("client_assertion")
        if assertion is None and request.form.get("client_assertion_type") is None:
            return None
        if request.form.get("client_assertion_type") != ASSERTION_TYPE or not assertion:
            raise _refusal("The client assertion type is not supported.")
        client = query_client(self._claimed_client(assertion))
        if client is None:
            raise _refusal("The client does not exist on this server.")
        self.check(assertion, client.app, request.uri)
        return client

    def check(self, assertion: str, app: RegisteredApp, asked: str) -> None:
        """Raise `InvalidClientError` unless the app signed this assertion just now, for us, for this one use.

        It names the token endpoint, or the endpoint that was `asked` where that is another one (RFC 7523 section 3).
        """
        header = _header(assertion)
        if header.get("typ") != "JWT":
            raise _refusal("The client assertion must have the type JWT.")
        if "jku" in header and header["jku"] != app.jwks_url:
            raise _refusal("The key set named by the assertion is not the registered one.")
        key = _one_key(self.key_sets.keys(app), header)
        try:
            claims = jwt.decode(assertion, key, algorithms=[header["alg"]]).claims
        except (JoseError, ValueError) as problem:
            raise _refusal("The signature of the client assertion is not valid.") from problem
        self._check_claims(claims, app, {self.config.token_url, asked})

    def _check_claims(self, claims: Mapping[str, Any], app: RegisteredApp, meant: set[str]) -> None:
        now, expires, jti = self.config.clock().timestamp(), claims.get("exp"), claims.get("jti")
        if claims.get("iss") != app.client_id or claims.get("sub") != app.client_id:
            raise _refusal("Issuer and subject of the client assertion must be the client_id.")
        if not any(isinstance(one, str) and one in meant for one in _audiences(claims)):
            raise _refusal("The client assertion is not meant for this token endpoint.")
        if isinstance(expires, bool) or not isinstance(expires, int | float):
            raise _refusal("The client assertion has no time of expiry.")
        if not now - CLOCK_DIFFERENCE < expires <= now + LONGEST_LIFE + CLOCK_DIFFERENCE:
            raise _refusal("The client assertion has expired or lives longer than five minutes.")
        if _is_early(claims, now):
            raise _refusal("The client assertion is not valid yet.")
        if not isinstance(jti, str) or not 1 <= len(jti) <= 255:
            raise _refusal("The client assertion has no id of its own.")
        if not self.spent.spend(app.client_id, jti, int(expires)):
            raise _refusal("The client assertion has been used before.")

    @staticmethod
    def _claimed_client(assertion: str) -> str:
        """The client_id an assertion speaks of; nothing about it is proven yet."""
        try:
            claims = json.loads(jws.extract_compact(_sized(assertion)).payload)
        except (JoseError, ValueError, RecursionError) as problem:
            raise _refusal("The client assertion cannot be read.") from problem
        subject = claims.get("sub") if isinstance(claims, dict) else None
        if not isinstance(subject, str):
            raise _refusal("The client assertion names no client.")
        return subject


def _header(assertion: str) -> dict[str, Any]:
    try:
        header: dict[str, Any] = jws.extract_compact(_sized(assertion)).headers()
    except (JoseError, ValueError, RecursionError) as problem:
        raise _refusal("The client assertion cannot be read.") from problem
    if header.get("alg") not in KEY_TYPES or not isinstance(header.get("kid"), str):
        raise _refusal("The client assertion must name its key and be signed with RS384 or ES384.")
    return header


def _one_key(keys: list[dict[str, Any]], header: Mapping[str, Any]) -> RSAKey | ECKey:
    """Exactly one key with that name may exist, and it must suit the algorithm."""
    named = [key for key in keys if key.get("kid") == header["kid"]]
    if len(named) != 1 or named[0].get("kty") != KEY_TYPES[header["alg"]]:
        raise _refusal("There is not exactly one registered key that suits the client assertion.")
    try:
        return RSAKey.import_key(named[0]) if header["alg"] == "RS384" else ECKey.import_key(named[0])
    except (JoseError, ValueError, TypeError) as problem:
        raise _refusal("The registered key cannot be read.") from problem


def _audiences(claims: Mapping[str, Any]) -> list[Any]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _is_early(claims: Mapping[str, Any], now: float) -> bool:
    start = claims.get("nbf")
    return start is not None and (not isinstance(start, int | float) or start > now + CLOCK_DIFFERENCE)


def _sized(assertion: str) -> bytes:
    if len(assertion) > LONGEST_ASSERTION:
        raise ValueError("the assertion is too long")
    return assertion.encode("ascii")


def _refusal(description: str) -> InvalidClientError:
    return InvalidClientError(status_code=401, description=description)
