"""The public keys of one issuer: fetched, cached, and never fetched more often than is decent (SMART B-23 to B-25).

One value of RemoteKeys per configured issuer, so that no issuer's keys ever stand for another's (threat T24).
"""

import base64
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from service.smart.exchange import Answer, ExchangeFailed, Limits, send
from service.smart.problems import KeysUnavailable, SmartProblem, TokenInvalid
from service.smart.strict_json import NotStrict

_LIMITS = Limits(seconds=5.0, max_bytes=256 * 1024)
_MOST_KEYS = 64
SMALLEST_RSA, _LARGEST_RSA = 2048, 8192
_CURVES = ("P-256", "P-384")
_LONGEST_LIFE = timedelta(hours=1)
_BETWEEN_FETCHES = timedelta(seconds=30)
_AFTER_FAILURE = timedelta(seconds=5)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

PublicKey = RSAKey | ECKey


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A key set as it was fetched; `behind` where a later fetch failed, so that what it lacks may be there by now."""

    keys: tuple[PublicKey, ...]
    stale: datetime
    behind: bool = False


class RemoteKeys:
    """The verification keys that one issuer publishes at its `jwks_uri`.

    `address` gives that URL, checked by discovery; it is asked for at each fetch, so a moved key set is found.
    """

    def __init__(
        self, client: httpx2.Client, address: Callable[[], str], clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._address = address
        self._clock = clock
        self._snapshot = _Snapshot((), _LONG_AGO)
        self._attempted = _LONG_AGO
        self._fetching = threading.Lock()

    def find(self, kid: str | None, key_type: str) -> PublicKey:
        """The one key of that kid and type ("RSA" or "EC"); TokenInvalid where there is none, or more than one.

        Without a kid the set must hold a single key. An unknown kid causes at most one fetch in 30 seconds
        (B-24). KeysUnavailable where the keys are unknown and cannot be fetched now, and for an unknown kid while
        fetching fails: it may be a new key's, and a good token must not be thrown away (F27).
        """
        now = self._clock()
        snapshot = self._snapshot
        if now < snapshot.stale and (known := _matching(snapshot.keys, kid, key_type)):
            return _the_one(known)
        snapshot = self._newer_than(snapshot, now)
        known = _matching(snapshot.keys, kid, key_type)
        if snapshot.behind and not known:
            raise KeysUnavailable("not-yet")
        return _the_one(known)

    def _newer_than(self, seen: _Snapshot, now: datetime) -> _Snapshot:
        # One fetch in flight; whoever waited for it uses its result.
        with self._fetching:
            if self._snapshot is seen and self._may_fetch(now):
                self._attempted, self._snapshot = now, replace(seen, behind=True)
                self._snapshot = self._fetch(now)
            if now >= self._snapshot.stale:
                raise KeysUnavailable("not-yet")
            return self._snapshot

    def _may_fetch(self, now: datetime) -> bool:
        pause = _AFTER_FAILURE if self._snapshot.behind and now >= self._snapshot.stale else _BETWEEN_FETCHES
        return now - self._attempted >= pause

    def _fetch(self, now: datetime) -> _Snapshot:
        try:
            answer = send(
                self._client, "GET", self._address(), headers={"Accept": "application/json"}, limits=_LIMITS
            )
            return _Snapshot(_read_keys(answer), now + _life(answer.headers.get("cache-control", "")))
        except (ExchangeFailed, NotStrict) as error:
            raise KeysUnavailable(getattr(error, "reason", "not-json")) from error
        except SmartProblem as error:
            raise KeysUnavailable(error.reason) from error


def modulus_bits(written: object) -> int:
    """How many bits the modulus `n` of an RSA key has, as a JWK writes it; ValueError where it is none."""
    if not isinstance(written, str):
        raise ValueError("no modulus")
    return int.from_bytes(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))).bit_length()


def _read_keys(answer: Answer) -> tuple[PublicKey, ...]:
    if answer.status != 200:
        raise KeysUnavailable("status")
    members = answer.json_object().get("keys")
    if not isinstance(members, list) or len(members) > _MOST_KEYS:
        raise KeysUnavailable("key-count")
    keys = (_read_key(member) for member in members if isinstance(member, dict))
    return tuple(key for key in keys if key is not None)


def _read_key(members: Mapping[str, Any]) -> PublicKey | None:
    """A usable verification key, or None: symmetric, private, weak and foreign keys are passed over."""
    kid = members.get("kid")
    operations = members.get("key_ops", ["verify"])
    fit = (
        members.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and "d" not in members  # a private key that was published is anybody's
        and (kid is None or (isinstance(kid, str) and 0 < len(kid) <= 255))
    )
    if not fit:
        return None
    try:
        return _import(members)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _import(members: Mapping[str, Any]) -> PublicKey | None:
    if members.get("kty") == "RSA":
        # Measured before the import, which only warns about a short key.
        bits = modulus_bits(members.get("n"))
        return RSAKey.import_key(_bare(members, ("n", "e"))) if SMALLEST_RSA <= bits <= _LARGEST_RSA else None
    if members.get("kty") == "EC" and members.get("crv") in _CURVES:
        ec = ECKey.import_key(_bare(members, ("crv", "x", "y")))
        ec.public_key  # noqa: B018  # reading it checks that the point lies on the curve
        return ec
    return None


def _bare(members: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: members[name] for name in ("kty", "kid", "alg", *names) if name in members}


def _matching(keys: tuple[PublicKey, ...], kid: str | None, key_type: str) -> list[PublicKey]:
    if kid is None:
        return list(keys) if len(keys) == 1 and keys[0].key_type == key_type else []
    return [key for key in keys if key.kid == kid and key.key_type == key_type]


def _the_one(keys: list[PublicKey]) -> PublicKey:
    if len(keys) != 1:
        raise TokenInvalid("unknown-key" if not keys else "ambiguous-key")
    return keys[0]


def _life(cache_control: str) -> timedelta:
    """How long a key set may be kept: as Cache-Control says, at most an hour, and 30 s in any case (B-23, B-24)."""
    if "no-store" in cache_control.lower() or "no-cache" in cache_control.lower():
        return _BETWEEN_FETCHES
    match = re.search(r"max-age=(\d{1,9})", cache_control.lower())
    asked = timedelta(seconds=int(match[1])) if match else _LONGEST_LIFE
    return max(_BETWEEN_FETCHES, min(asked, _LONGEST_LIFE))
