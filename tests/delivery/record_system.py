"""A record system in memory: the FHIR it speaks with the worker, with the habits it has, over one ledger.

It answers truthfully. What goes wrong between it and us stands in wire.py.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.delivery.habits import Habits
from tests.delivery.ledger import Ledger, Resource
from tests.delivery.time_passing import Time

ORIGIN = "http://localhost:8090"
BASE = f"{ORIGIN}/fhir"
DOCUMENT = "DocumentReference"
RESPONSE = "QuestionnaireResponse"
_REVIEW = 900.0  # seconds until somebody there has looked at what was held


@dataclass(frozen=True, slots=True)
class Said:
    """A status, headers and a body, not yet an answer on the wire."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> httpx2.Response:
        """As a transport gives it: not read yet."""
        return httpx2.Response(self.status, headers=dict(self.headers), stream=httpx2.ByteStream(self.body))


class RecordSystem:
    """One clinic's record system. `chart` has the patients and encounters, by "Type/id"; it takes what is of `kind`."""

    def __init__(
        self, habits: Habits, time: Time, chart: Mapping[str, Resource], kind: str = DOCUMENT
    ) -> None:
        self.habits = habits
        self.kind = kind
        self.ledger = Ledger()
        self._time = time
        self._chart = chart
        self._documents: dict[str, Resource] = {}
        self._made_at: dict[str, float] = {}
        self._coming: list[tuple[float, Callable[[], object]]] = []
        self._begun = 0.0

    # --- what takes effect later -------------------------------------------------------------------------------

    def later(self, at: float, deed: Callable[[], object]) -> None:
        """This takes effect there at that time, whatever anybody was told."""
        self._coming.append((at, deed))

    @property
    def next_at(self) -> float | None:
        """When the next of these takes effect; None where nothing is to come."""
        return min((at for at, _ in self._coming), default=None)

    def catch_up(self) -> None:
        """Let everything take effect whose time has come."""
        while (at := self.next_at) is not None and at <= self._time.seconds:
            due = min(self._coming, key=lambda one: one[0])
            self._coming.remove(due)
            due[1]()

    # --- questions ---------------------------------------------------------------------------------------------

    def ask(self, request: httpx2.Request) -> Said:
        """The true answer to a GET."""
        self.catch_up()
        kind, _, id_ = _path(request).partition("/")
        if not id_:
            return self._search(kind, parse_qs(request.url.query.decode()))
        found = self._documents.get(id_) if kind == self.kind else self._chart.get(f"{kind}/{id_}")
        return Said(404) if found is None else _told(200, found)

    def _search(self, kind: str, asked: Mapping[str, list[str]]) -> Said:
        found = list(self._documents.values()) if kind == self.kind else self._of_chart(kind)
        if kind == self.kind:
            found = [one for one in found if self._is_indexed(one)]
        if "identifier" in asked:
            found = [one for one in found + self.ledger.held if _bears(one, asked["identifier"][0])]
        if "patient" in asked:
            patient = f"Patient/{asked['patient'][0].rpartition('/')[2]}"
            found = [one for one in found if one["subject"]["reference"] == patient]
        entries = [{"resource": one} for one in found]
        return _told(200, {"resourceType": "Bundle", "type": "searchset", "entry": entries})

    def _of_chart(self, kind: str) -> list[Resource]:
        return [one for one in self._chart.values() if one["resourceType"] == kind]

    def _is_indexed(self, one: Resource) -> bool:
        return self._made_at[one["id"]] + self.habits.lag <= self._time.seconds

    # --- writes ------------------------------------------------------------------------------------------------

    def carry_out(self, request: httpx2.Request, *, hold: bool = False, begun: float = 0.0) -> Said:
        """Take the write into the record, or for review where `hold`; what is truly to be said of it.

        `begun` is when whoever sent it began to look where it belongs.
        """
        self.catch_up()
        self._begun = begun
        kind, _, id_ = _path(request).partition("/")
        resource = json.loads(request.content)
        if kind != self.kind:
            return Said(422)
        if request.method == "PUT":
            return self._put(id_, resource, request.headers, hold)
        return self._post(resource, request.headers, hold)

    def _post(self, resource: Resource, headers: Mapping[str, str], hold: bool) -> Said:
        asked = headers.get("if-none-exist")
        if asked and self.habits.honours_condition:
            there = [one for one in self._all() if _bears(one, parse_qs(asked)["identifier"][0])]
            if len(there) > 1:
                return Said(412)
            if there:
                return _told(200, there[0], Location=f"{BASE}/{self.kind}/{there[0]['id']}")
        return self._take(f"d{len(self._made_at) + len(self.ledger.held) + 1}", resource, hold)

    def _put(self, id_: str, resource: Resource, headers: Mapping[str, str], hold: bool) -> Said:
        before = self._documents.get(id_)
        if headers.get("if-none-match") == "*" and before is not None:
            return Said(412)
        asked = headers.get("if-match")
        if asked and (before is None or asked != f'W/"{before["meta"]["versionId"]}"'):
            return Said(412)
        if before is None:
            return self._take(id_, resource, hold)
        kept = self._keep(id_, resource, made=False)
        return _told(200, kept)

    def _take(self, id_: str, resource: Resource, hold: bool) -> Said:
        if any(one["id"] == id_ for one in self.ledger.held):
            return Said(202)
        self.ledger.taken.append(self._as_kept(id_, resource, 1))
        self.ledger.attempts[id_] = (self._begun, self._time.seconds)
        if not hold:
            return _told(201, self._keep(id_, resource, made=True), Location=f"{BASE}/{self.kind}/{id_}")
        held = self._as_kept(id_, resource, 0)
        self.ledger.held.append(held)
        self.later(self._time.seconds + _REVIEW, lambda: self._approve(held))
        return Said(202)

    def _approve(self, held: Resource) -> None:
        self.ledger.held.remove(held)
        self._keep(held["id"], held, made=True)

    @property
    def standing(self) -> list[Resource]:
        """What stands there now."""
        return list(self._documents.values())

    def stand_beside(self, id_: str, resource: Resource) -> None:
        """Something that is not ours to be judged stands there, too."""
        self._documents.setdefault(id_, resource | {"id": id_, "identifier": [], "masterIdentifier": None})
        self._made_at.setdefault(id_, self._time.seconds)

    def lose(self, id_: str) -> None:
        """The record is put back to a time before this was taken; the ledger has it all the same."""
        del self._documents[id_]

    def change(self, id_: str, **elements: Any) -> None:
        """Somebody there changes it."""
        self._keep(id_, self._documents[id_] | elements, made=False)

    def strike(self, id_: str) -> None:
        """Somebody there marks the document as entered in error."""
        self._keep(id_, self._documents[id_] | {"status": "entered-in-error"}, made=False)

    def _keep(self, id_: str, resource: Resource, *, made: bool) -> Resource:
        number = 1 if made else int(self._documents[id_]["meta"]["versionId"]) + 1
        kept = self._as_kept(id_, resource, number)
        self._documents[id_] = kept
        self._made_at.setdefault(id_, self._time.seconds)
        self.ledger.write(self._time.seconds, kept, made=made)
        return kept

    def _as_kept(self, id_: str, resource: Resource, number: int) -> Resource:
        kept = resource | {"id": id_, "meta": resource.get("meta", {}) | {"versionId": str(number)}}
        if self.habits.keeps_identifiers:
            return kept
        return {name: one for name, one in kept.items() if name not in ("identifier", "masterIdentifier")}

    def _all(self) -> list[Resource]:
        return [*self._documents.values(), *self.ledger.held]


def _bears(resource: Resource, asked: str) -> bool:
    system, _, value = asked.partition("|")
    borne = resource.get("identifier", [])
    return {"system": system, "value": value} in (borne if isinstance(borne, list) else [borne])


def _path(request: httpx2.Request) -> str:
    return urlsplit(str(request.url)).path.removeprefix("/fhir/")


def _told(status: int, resource: Resource, **headers: str) -> Said:
    said = {"Content-Type": "application/fhir+json"} | headers
    return Said(status, json.dumps(resource).encode(), said)
