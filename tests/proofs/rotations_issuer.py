"""An issuer whose keys turn and whose key set cannot always be had, and what of its tokens must open and must not.

It stands on the wire in the place of the record system's own key set, and keeps a book of what it served when. The
judgement rests on that book and on the rules that are written down (B-23, B-24), and shares nothing with the service.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import httpx2
from joserfc.jwk import ECKey

from tests.workflow.filing import Carry

_SHORTEST, _LONGEST = timedelta(seconds=30), timedelta(hours=1)
_GRACE = timedelta(seconds=31)  # within which a new key need not be known yet: one fetch in half a minute
_AFTER_A_FAILURE = timedelta(seconds=5)
_INEXACT = timedelta(seconds=1)  # between a look at the clock and what rests on it
_PLACES = ("/auth/jwks", "/.well-known/openid-configuration")

OPENS, IS_REFUSED, COMES_AGAIN = 200, 401, 503
Statuses = frozenset[int]


def _stream(document: dict[str, object]) -> httpx2.ByteStream:
    return httpx2.ByteStream(json.dumps(document).encode())


@dataclass
class Key:
    """A key, and when it stood in the set."""

    private: ECKey
    published: datetime
    withdrawn: datetime | None = None

    @property
    def kid(self) -> str:
        """Its name."""
        return str(self.private.kid)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One that was answered: when, with which keys, and until when they may be kept."""

    at: datetime
    kids: frozenset[str]
    until: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """A token that was shown: by which key, from when to when it was in the air, and the answer."""

    kid: str | None  # None: no key of the issuer's signed it
    begun: datetime
    ended: datetime
    status: int


@dataclass
class Issuer:
    """The key set as the issuer means it; `life` is the Cache-Control that it is served with."""

    clock: Callable[[], datetime]
    keys: dict[str, Key] = field(default_factory=dict)
    life: tuple[str, int] = ("max-age=300", 300)
    fetches: list[Fetch] = field(default_factory=list)
    failures: list[datetime] = field(default_factory=list)
    outages: list[tuple[datetime, datetime]] = field(default_factory=list)
    _down: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def publish(self) -> Key:
        """A new key, in the set from now on."""
        with self._turn:
            key = Key(ECKey.generate_key("P-256", auto_kid=True), self.clock())
            self.keys[key.kid] = key
            return key

    def withdraw(self, key: Key) -> None:
        """The key leaves the set."""
        with self._turn:
            key.withdrawn = self.clock()

    def fail(self) -> None:
        """From now on the set cannot be had."""
        with self._turn:
            self._down = True
            self.outages.append((self.clock(), datetime.max.replace(tzinfo=self.clock().tzinfo)))

    def recover(self) -> None:
        """From now on it can be had again."""
        with self._turn:
            self._down = False
            self.outages[-1] = (self.outages[-1][0], self.clock())

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        """Answer for the key set; let everything else pass, but the way to it while it cannot be had."""
        if request.url.path not in _PLACES:
            return carry()
        with self._turn:
            if self._down:
                return self._no_answer()
            if request.url.path != _PLACES[0]:
                return carry()
            return self._served()

    def _no_answer(self) -> httpx2.Response:
        self.failures.append(self.clock())
        if len(self.failures) % 2:
            raise httpx2.ConnectError("there is nobody")
        return httpx2.Response(503, stream=_stream({}))

    def _served(self) -> httpx2.Response:
        now, here = self.clock(), [key for key in self.keys.values() if key.withdrawn is None]
        header, seconds = self.life
        kept = min(max(timedelta(seconds=seconds), _SHORTEST), _LONGEST)
        self.fetches.append(Fetch(now, frozenset(key.kid for key in here), now + kept))
        members = [key.private.as_dict(private=False) | {"use": "sig", "alg": "ES256"} for key in here]
        shown = {"Content-Type": "application/json", "Cache-Control": header}
        return httpx2.Response(200, headers=shown, stream=_stream({"keys": members}))

    # --- what must come of a token -------------------------------------------------------------------------------

    def allows(self, shown: Shown) -> Statuses:
        """The answers that this token may have got."""
        if shown.kid is None:
            return frozenset({IS_REFUSED, COMES_AGAIN})
        key = self.keys[shown.kid]
        if self._is_kept(shown) or self._can_be_had(key, shown):
            return frozenset({OPENS})
        served = [one.until for one in self.fetches if one.at <= shown.ended and key.kid in one.kids]
        gone = key.withdrawn is not None and key.withdrawn < shown.begun
        if gone and not any(shown.begun < until + _INEXACT for until in served):
            return frozenset({IS_REFUSED, COMES_AGAIN})
        known = key.published + _GRACE <= shown.begun or self._failed_last(shown)
        if known and (key.withdrawn is None or shown.ended < key.withdrawn):
            return frozenset({OPENS, COMES_AGAIN})
        return frozenset({OPENS, IS_REFUSED, COMES_AGAIN})

    def fetched_too_soon(self) -> int:
        """How often the set was asked for sooner than half a minute after an answer, or five seconds after none."""
        asked = sorted(
            [(one.at, _SHORTEST) for one in self.fetches] + [(at, _AFTER_A_FAILURE) for at in self.failures]
        )
        return sum(later - at < pause - _INEXACT for (at, pause), (later, _) in pairwise(asked))

    def _is_kept(self, shown: Shown) -> bool:
        """Whether the last set that was served has the key and may still be kept."""
        before = [one for one in self.fetches if one.at <= shown.ended]
        last = before[-1] if before else None
        return (
            last is not None
            and last.at < shown.begun
            and shown.kid in last.kids
            and shown.ended < last.until - _INEXACT
        )

    def _failed_last(self, shown: Shown) -> bool:
        """Whether the set was asked for in vain, and not since had: then nobody can say that a key is unknown."""
        failed = max((at for at in self.failures if at <= shown.begun), default=None)
        return failed is not None and not any(failed <= one.at <= shown.ended for one in self.fetches)

    def _can_be_had(self, key: Key, shown: Shown) -> bool:
        """Whether the key has stood in the set, and the set could be had, for so long that it must be known."""
        since = shown.begun - _GRACE
        stood = key.published <= since and (key.withdrawn is None or key.withdrawn > shown.ended)
        return stood and not any(begun <= shown.ended and since <= ended for begun, ended in self.outages)
