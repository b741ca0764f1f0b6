"""The wire between our worker and a record system, which loses answers and lets requests arrive late.

What it loses the record system has carried out: only its answer counts as lost, so each trouble is one that happened.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import cycle

import httpx2

_DOCUMENTS = "/DocumentReference"
_LOST = (httpx2.ReadError, httpx2.ReadTimeout, httpx2.RemoteProtocolError)
_LATE = (1, 4, 9)  # minutes, within the fifteen of a quiet window


class Trouble(StrEnum):
    """What befalls a document on its way."""

    NONE = "none"
    CUT = "cut"  # it is written, and the answer is lost
    BLIND = "blind"  # the answer is lost, the next look finds nothing, and so it is sent a second time
    LATE = "late"  # nobody hears of it for minutes, and then it arrives after all


@dataclass
class Wire(httpx2.BaseTransport):
    """`below` leads to the record system; `now` is the service's own clock. `happened` is what really befell documents.

    Each document that is new takes the next trouble of `documents`, each one that is marked the next of `marks`.
    """

    below: httpx2.BaseTransport
    now: Callable[[], datetime]
    documents: deque[Trouble] = field(default_factory=deque)
    marks: deque[Trouble] = field(default_factory=deque)
    happened: list[Trouble] = field(default_factory=list)
    _known: set[tuple[str, str]] = field(default_factory=set)
    _blind: dict[str, int] = field(default_factory=dict)
    _held: list[tuple[datetime, httpx2.Request]] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _losses: Iterator[type[httpx2.TransportError]] = field(default_factory=lambda: cycle(_LOST))

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        if request.method in ("POST", "PUT") and _DOCUMENTS in request.url.path:
            return self._write(request)
        return self._nothing(request) or self.below.handle_request(request)

    def deliver_late(self) -> int:
        """Let through what has been held for long enough; how many are still held."""
        with self._turn:
            due = [request for at, request in self._held if at <= self.now()]
            self._held = [(at, request) for at, request in self._held if request not in due]
        for request in due:
            _answered(self.below.handle_request(request))
            self.happened.append(Trouble.LATE)
        return len(self._held)

    def close(self) -> None:
        self.below.close()

    def _write(self, request: httpx2.Request) -> httpx2.Response:
        name, status = _named(request)
        with self._turn:
            trouble = self._next(name, status)
        if trouble is Trouble.LATE:
            return self._hold(request)
        answer = self.below.handle_request(request)
        if trouble is Trouble.NONE:
            self._sent_again(name, answer)
            return answer
        return self._lose(trouble, name, answer)

    def _next(self, name: str, status: str) -> Trouble:
        if (name, status) in self._known:
            return Trouble.NONE
        self._known.add((name, status))
        plan = self.documents if status == "current" else self.marks
        return plan.popleft() if plan else Trouble.NONE

    def _lose(self, trouble: Trouble, name: str, answer: httpx2.Response) -> httpx2.Response:
        _answered(answer)
        if trouble is Trouble.BLIND:
            self._blind[name] = 1
        else:
            self.happened.append(trouble)
        with self._turn:
            loss = next(self._losses)
        raise loss("lost on the wire")

    def _hold(self, request: httpx2.Request) -> httpx2.Response:
        with self._turn:
            minutes = _LATE[len(self._held) % len(_LATE)]
            self._held.append((self.now() + timedelta(minutes=minutes), request))
        raise httpx2.ReadTimeout("no answer in time")

    def _sent_again(self, name: str, answer: httpx2.Response) -> None:
        """A document that was sent blindly is there a second time: now its trouble has happened."""
        if self._blind.pop(name, None) is not None and answer.status_code in (200, 201):
            self.happened.append(Trouble.BLIND)

    def _nothing(self, request: httpx2.Request) -> httpx2.Response | None:
        """The answer of a record system that does not know yet what it has written, once for each blind document."""
        asked = request.url.params.get("identifier", request.url.path.rpartition("/")[2])
        name = next((name for name, left in self._blind.items() if left and asked.endswith(name)), None)
        if name is None or request.method != "GET":
            return None
        self._blind[name] = 0
        if "identifier" not in request.url.params:
            return _told(404, {"resourceType": "OperationOutcome"})
        return _told(200, {"resourceType": "Bundle", "type": "searchset", "total": 0})


def _named(request: httpx2.Request) -> tuple[str, str]:
    """Which document is written, by the UUID of its version, and as what."""
    document = json.loads(request.content)
    return document["masterIdentifier"]["value"].removeprefix("urn:uuid:"), document["status"]


def _answered(answer: httpx2.Response) -> None:
    """The record system has carried it out, and says so; AssertionError where it has not."""
    answer.read()
    assert answer.status_code in (200, 201), (answer.status_code, answer.text[:500])


def _told(status: int, body: dict[str, object]) -> httpx2.Response:
    """As a transport gives it: not read yet."""
    headers = {"content-type": "application/fhir+json"}
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(json.dumps(body).encode()))
