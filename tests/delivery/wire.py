"""The wire between one worker and the record system: where it is slow, fails, spoils an answer or brings it too late.

Each request is three gates: before the bytes leave, once they took effect or did not, and when the answer is read.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

import httpx2

from tests.delivery.record_system import RecordSystem
from tests.delivery.time_passing import Time
from tests.delivery.troubles import LATE, NEVER, NOW, TIMEOUT, Trouble, reading, writing
from tests.delivery.turns import Actor

_BROKEN: dict[str, type[httpx2.TransportError]] = {
    "refused": httpx2.ConnectError,
    "cut": httpx2.ReadError,
    "silent": httpx2.ReadTimeout,
}


@dataclass
class Weather:
    """How often something goes wrong on the wires of a schedule, and what did. `due`: the next write is spoilt."""

    chance: Random
    reads: float
    writes: float
    due: bool = True
    happened: Counter[str] = field(default_factory=Counter)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.reads = self.writes = 0.0
        self.due = False


class Wire:
    """One worker's way to the record system, which has a part for each type that it takes."""

    def __init__(self, parts: tuple[RecordSystem, ...], time: Time, weather: Weather, actor: Actor) -> None:
        self._parts = parts
        self._time = time
        self._weather = weather
        self._actor = actor

    def carry(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request there and the answer back, or not."""
        request.read()
        self._actor.gate(f"wire:{request.method}")
        trouble = self._trouble(request)
        if trouble is not None:
            self._weather.happened[trouble.name] += 1
        self._time.pass_by(self._weather.chance.uniform(0.01, 2.0))
        answer = self._spoilt(request, trouble) if trouble else self._true(request)
        self._actor.gate(f"answered:{trouble.name}" if trouble else "answered")
        return answer

    def _trouble(self, request: httpx2.Request) -> Trouble | None:
        weather, habits = self._weather, self._part(request).habits
        if request.method == "GET":
            if weather.chance.random() >= weather.reads:
                return None
            return reading(weather.chance, habits, self._time)
        if not weather.due and weather.chance.random() >= weather.writes:
            return None
        weather.due = False
        first = request.method == "POST" or "if-match" not in request.headers
        return writing(weather.chance, habits, self._time, first=first)

    def _true(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return self._part(request).ask(request).answer()
        return self._part(request).carry_out(request, begun=self._actor.begun).answer()

    def _part(self, request: httpx2.Request) -> RecordSystem:
        path = request.url.path.removeprefix("/fhir/")
        return next((one for one in self._parts if path.startswith(one.kind)), self._parts[0])

    def _spoilt(self, request: httpx2.Request, trouble: Trouble) -> httpx2.Response:
        if trouble.effect == LATE:
            at, begun = self._time.seconds + TIMEOUT + trouble.late, self._actor.begun
            part = self._part(request)
            part.later(at, lambda: part.carry_out(request, begun=begun))
        elif trouble.effect == NOW and request.method != "GET":
            is_held, begun = trouble.name == "held", self._actor.begun
            truth = self._part(request).carry_out(request, hold=is_held, begun=begun)
            if trouble.says is None and trouble.breaks is None:
                return truth.answer()
        if trouble.breaks is not None:
            self._break(trouble)
        assert trouble.says is not None or trouble.effect == NEVER, trouble.name
        return trouble.says.answer() if trouble.says else httpx2.Response(500)

    def _break(self, trouble: Trouble) -> None:
        kind = trouble.breaks or ""
        if kind == "silent":
            self._time.pass_by(TIMEOUT)
        self._actor.gate(f"broken:{trouble.name}")
        raise _BROKEN[kind]("on the wire")


class Carries(Protocol):
    """A way to the record system."""

    def carry(self, request: httpx2.Request) -> httpx2.Response:
        """Carry one request there and the answer back, or not."""


class Wires(httpx2.BaseTransport):
    """All wires of a house behind one client: each worker's thread has its own."""

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def lay(self, wire: Carries) -> None:
        """This is the wire of whoever calls."""
        self._of_thread.wire = wire

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Carry the request over the caller's own wire; ConnectError for somebody who has none."""
        wire: Carries | None = getattr(self._of_thread, "wire", None)
        if wire is None:
            raise httpx2.ConnectError("only workers speak with the record system")
        return wire.carry(request)
