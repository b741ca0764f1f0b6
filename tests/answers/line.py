"""The wire of one clinic's worker: it notes every request, gives and refuses tokens, and spoils the answers it is told.

What spoils an answer is a value: for which requests, how often, and what comes back instead.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2

from tests.delivery.record_system import BASE, DOCUMENT, ORIGIN, RecordSystem, Said
from tests.delivery.time_passing import Time
from tests.delivery.troubles import TIMEOUT

RESPONSE = "QuestionnaireResponse"
_DISCOVERY = f"{BASE}/.well-known/smart-configuration"
_TOKENS = f"{ORIGIN}/auth/token"
_ON_ITS_WAY = 0.05  # seconds that every request takes


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `what` is "discovery", "token", "read", "search" or "write"; of which resource type.

    `carry` lets it take effect at once and gives the true answer; `later` lets it take effect after so many seconds.
    """

    request: httpx2.Request
    what: str
    kind: str
    carry: Callable[[], httpx2.Response]
    later: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it left: when (true seconds), where to, and the token it bore."""

    at: float
    method: str
    url: str
    what: str
    bearer: str


@dataclass
class Spoil:
    """What comes back instead of the answer to the first `times` requests that are meant."""

    meant: Callable[[Call], bool]
    instead: Callable[[Call], httpx2.Response]
    times: int = 1
    happened: int = 0


@dataclass
class Line:
    """The way from one worker to its record system, by resource type, and to where its tokens come from.

    `good` are the tokens that are taken; of `scope` is what is granted.
    """

    records: dict[str, RecordSystem]
    time: Time
    scope: str
    spoils: list[Spoil] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    good: set[str] = field(default_factory=set)
    given: int = 0

    @property
    def happened(self) -> int:
        """How many answers were spoilt."""
        return sum(one.happened for one in self.spoils)

    def spoil(
        self, meant: Callable[[Call], bool], instead: Callable[[Call], httpx2.Response], times: int = 1
    ) -> Spoil:
        """From now on these are spoilt."""
        self.spoils.append(Spoil(meant, instead, times))
        return self.spoils[-1]

    def carry(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request there and the answer back."""
        request.read()
        self.time.pass_by(_ON_ITS_WAY)
        call = self._call(request)
        bearer = request.headers.get("authorization", "")
        self.asked.append(Asked(self.time.seconds, request.method, str(request.url), call.what, bearer))
        for one in self.spoils:
            if one.happened < one.times and one.meant(call):
                one.happened += 1
                return one.instead(call)
        return call.carry()

    def _call(self, request: httpx2.Request) -> Call:
        url = str(request.url)
        if url == _DISCOVERY:
            return Call(request, "discovery", "", self._discovered, _never)
        if url == _TOKENS:
            return Call(request, "token", "", self._granted, _never)
        kind, _, id_ = url.removeprefix(f"{BASE}/").partition("?")[0].partition("/")
        what = ("read" if id_ else "search") if request.method == "GET" else "write"
        return Call(
            request,
            what,
            kind,
            lambda: self._true(request, kind),
            lambda seconds: self._later(request, kind, seconds),
        )

    def _true(self, request: httpx2.Request, kind: str) -> httpx2.Response:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.good:
            return Said(401).answer()
        record = self.records.get(kind, self.records[DOCUMENT])
        return (record.ask(request) if request.method == "GET" else record.carry_out(request)).answer()

    def _later(self, request: httpx2.Request, kind: str, seconds: float) -> None:
        record = self.records[kind]
        record.later(self.time.seconds + seconds, lambda: record.carry_out(request))

    def _discovered(self) -> httpx2.Response:
        said = {"token_endpoint": _TOKENS, "token_endpoint_auth_methods_supported": ["private_key_jwt"]}
        return said_json(200, said | {"grant_types_supported": ["client_credentials"], "capabilities": []})

    def _granted(self) -> httpx2.Response:
        self.given += 1
        token = f"token-{self.given}"
        self.good.add(token)
        said = {"access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": self.scope}
        return said_json(200, said)


def _never(_seconds: float) -> None:
    """No token is given later."""


def said_json(status: int, said: object, **headers: str) -> httpx2.Response:
    """An answer in JSON."""
    return Said(status, json.dumps(said).encode(), {"Content-Type": "application/json"} | headers).answer()


# --- which requests ---------------------------------------------------------------------------------------------------


def writes(call: Call) -> bool:
    """A new document."""
    return call.what == "write" and call.kind == DOCUMENT and "if-match" not in call.request.headers


def changes(call: Call) -> bool:
    """A change of a document that stands there."""
    return call.what == "write" and call.kind == DOCUMENT and "if-match" in call.request.headers


def asks(call: Call) -> bool:
    """A question, about whatever it is."""
    return call.what in ("read", "search")


def fhir(call: Call) -> bool:
    """Whatever goes to the FHIR server itself."""
    return call.what in ("read", "search", "write")


def nth(number: int, meant: Callable[[Call], bool]) -> Callable[[Call], bool]:
    """Of those that are meant, the one with this number, from 0 on."""
    seen = iter(range(1_000_000))
    return lambda call: meant(call) and next(seen) == number


# --- what comes back --------------------------------------------------------------------------------------------------


def told(said: Said, *, done: bool) -> Callable[[Call], httpx2.Response]:
    """This is said in place of the truth; what was asked for was `done` all the same, or not."""

    def instead(call: Call) -> httpx2.Response:
        if done:
            call.carry()
        return said.answer()

    return instead


def broken(error: type[httpx2.TransportError], *, done: bool) -> Callable[[Call], httpx2.Response]:
    """The connection fails in this way, before or after it was done."""

    def instead(call: Call) -> httpx2.Response:
        if done:
            call.carry()
        raise error("on the wire")

    return instead


def silent(time: Time, done_after: float | None) -> Callable[[Call], httpx2.Response]:
    """No answer within our deadline; it takes effect so many seconds after the bytes left, or never."""

    def instead(call: Call) -> httpx2.Response:
        if done_after is not None:
            call.later(done_after)
        time.pass_by(TIMEOUT)
        raise httpx2.ReadTimeout("on the wire")

    return instead
