"""An endpoint such as a subscriber has: it keeps what it is told, and answers as the test says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2


@dataclass(frozen=True)
class Told:
    """One notification as it arrived."""

    url: str
    headers: httpx2.Headers
    bundle: dict[str, Any]

    @property
    def status(self) -> dict[str, Any]:
        """The status parameters that have a value, by name."""
        return {one["name"]: _value(one) for one in self._parameters() if "part" not in one}

    @property
    def event(self) -> dict[str, Any]:
        """The parts of the one event, by name; nothing where there is none."""
        parts = [part for one in self._parameters() for part in one.get("part", [])]
        return {part["name"]: _value(part) for part in parts}

    @property
    def number(self) -> int:
        """The number of the event."""
        return int(self.event["event-number"])

    @property
    def focus(self) -> str:
        """The Encounter of the event, as a reference."""
        return str(self.event["focus"]["reference"])

    def _parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.bundle["entry"][0]["resource"]["parameter"]
        return found


@dataclass
class Receiver(httpx2.BaseTransport):
    """The only address there is. It gives its `answers` in turn, then 200 for ever; `before` comes before each."""

    told: list[Told] = field(default_factory=list)
    answers: list[int | Exception] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        bundle = json.loads(request.read())
        self.told.append(Told(str(request.url), request.headers, bundle))
        self.before()
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer, headers={"Location": "http://127.0.0.1:9/elsewhere"})

    def of_type(self, kind: str) -> list[Told]:
        return [one for one in self.told if one.status["type"] == kind]

    @property
    def events(self) -> list[Told]:
        return self.of_type("event-notification")


def _value(parameter: dict[str, Any]) -> Any:
    return next(value for name, value in parameter.items() if name.startswith("value"))
