"""What a record system does with a document that is sent twice, tried on a patient nobody is behind (rule 4, W-60).

It stands apart from filing because it does on purpose what filing never may: send again. All that it makes it marks as
entered in error, and it names what it could not take back. Time, identifiers and the document are arguments.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from service.ehr.client import RecordSystem, Written
from service.ehr.outcome import Rung
from service.ehr.problems import RateLimited, RecordSystemProblem, Refused, Unreachable
from service.ehr.versions import if_still, named, version_of
from service.r4 import document_reference
from service.r4.canonical import URI_IDENTIFIER
from service.r4.document_reference import FoundDocument
from service.smart.problems import SmartProblem

Search = Literal["finds", "finds everything", "finds nothing", "refused", "not tried"]

_TYPE = "DocumentReference"
_STRUCK = "entered-in-error"
_AT_ONCE = 4
# Refused for what it says, rather than for who sends it or how.
_CONTENT = (400, 422)
# How long a search may take to find what is new before we say that it does not: half a minute in all.
_WAITS = (0.0, 0.5, 0.5, 1.0, 2.0, 4.0, 8.0, 14.0)


@dataclass(frozen=True, slots=True)
class Means:
    """What a probe works with. `document` makes the body for a version's identifier, `pause` waits for seconds.

    `as_progress_note` makes the same as a progress note, for a server that refuses the type; None where it is one.
    """

    record: RecordSystem
    patient: str
    document: Callable[[str], bytes]
    new_identifier: Callable[[], str]
    now: Callable[[], datetime]
    pause: Callable[[float], None]
    as_progress_note: Callable[[str], bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What was seen. `status` is the answer to the first create, with the refusal's codes and paths.

    `repeats` says how many documents stood there after the same was sent twice in the way of a rung, None where nobody
    can say; `at_once` the same for four conditional creates at the same moment. `lag` are the seconds until a search
    found the first document. `other_type`: what was refused was taken as a progress note (U-07). `made` are the ids of
    all that was made, `left` names what could not be taken back.
    """

    status: int | None
    refused_for: tuple[str, ...] = ()
    other_type: bool = False
    held: bool = False
    keeps_identifier: bool | None = None
    search: Search = "not tried"
    lag: float | None = None
    repeats: dict[Rung, int | None] = field(default_factory=dict)
    at_once: int | None = None
    made: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def proven(self) -> tuple[Rung, ...]:
        """The rungs that were seen to hold, the safest first; D always holds."""
        searched = self.search == "finds" and self.keeps_identifier is not False
        holds = {
            Rung.PUT: self.repeats.get(Rung.PUT) == 1,
            Rung.CONDITIONAL: self.repeats.get(Rung.CONDITIONAL) == 1,
            Rung.SEARCH: searched,
            Rung.NONE: True,
        }
        return tuple(rung for rung, seen in holds.items() if seen)


def probe(means: Means, tries: frozenset[Rung]) -> Probed:
    """Create once on the test patient, then twice in the way of each of these rungs, read back, and strike everything.

    Never raises for anything the record system does.
    """
    bench = _Bench(means)
    seen: dict[str, Any] = {}
    try:
        seen |= _first(bench)
        if seen["status"] is not None and not seen["refused_for"]:
            seen["repeats"] = _repeated(bench, tries)
            if seen["repeats"].get(Rung.CONDITIONAL) == 1:
                seen["at_once"] = _at_once(bench)
    except (RecordSystemProblem, SmartProblem) as problem:
        seen |= {"status": seen.get("status"), "refused_for": (str(problem),)}
    left = bench.strike_all()
    return Probed(**seen, made=tuple(bench.made), left=left)


class _Bench:
    """The test patient's record there, what we put on it, and how that is taken off again."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self.made: dict[str, None] = {}
        self._unnamed: list[str] = []

    def new_identifier(self) -> str:
        return self._means.new_identifier()

    def create(self, identifier: str, headers: dict[str, str] | None = None) -> Written:
        body = self._means.document(identifier)
        return self._sent(identifier, lambda: self._means.record.create(_TYPE, body, headers or {}))

    def takes_as_progress_note(self) -> bool:
        """Whether the refused document is taken as a note of the type that every such server takes."""
        document, identifier = self._means.as_progress_note, self.new_identifier()
        if document is None:
            return False
        body = document(identifier)
        try:
            self._sent(identifier, lambda: self._means.record.create(_TYPE, body, {}))
        except Refused:
            return False
        return True

    def put(self, identifier: str) -> Written:
        id_ = identifier.removeprefix("urn:uuid:")
        body = json.dumps({**json.loads(self._means.document(identifier)), "id": id_}).encode()
        return self._sent(identifier, lambda: self._means.record.update(_TYPE, id_, body))

    def read(self, id_: str) -> FoundDocument | None:
        standing = self._means.record.read(_TYPE, id_)
        return None if standing is None else document_reference.read(standing)

    def found(self, identifier: str) -> list[FoundDocument]:
        """What the search for this identifier gives, ours or not."""
        params = {"identifier": named(identifier)}
        return [document_reference.read(one) for one in self._means.record.search(_TYPE, params)]

    def searched(self, identifier: str) -> tuple[Search, float | None]:
        """What searches for it do, and after how many seconds they found it."""
        sent = self._means.now()
        try:
            for wait in _WAITS:
                self._means.pause(wait)
                found = self.found(identifier)
                lag = (self._means.now() - sent).total_seconds()
                if any(not _carries(one, identifier) for one in found):
                    return "finds everything", None
                if found:
                    return self._unless_by_chance(lag)
        except RecordSystemProblem:
            return "refused", None
        return "finds nothing", None

    def _unless_by_chance(self, lag: float) -> tuple[Search, float | None]:
        # Where ours is the only document, a search that passes the identifier over finds just that one, too.
        return ("finds everything", None) if self.found(self.new_identifier()) else ("finds", lag)

    def strike_all(self) -> tuple[str, ...]:
        """Mark all that was made as entered in error; what could not be marked, by its address or identifier."""
        for identifier in tuple(self._unnamed):
            self._name(identifier)
        left = [f"{_TYPE}/{id_}" for id_ in self.made if not self._struck(id_)]
        return (*left, *(f"a document with identifier {one}" for one in dict.fromkeys(self._unnamed)))

    def _sent(self, identifier: str, send: Callable[[], Written]) -> Written:
        # Noted before it leaves: whatever becomes of it, it is looked for in the end.
        self._unnamed.append(identifier)
        try:
            written = send()
        except (Refused, RateLimited, Unreachable):
            self._unnamed.remove(identifier)
            raise
        if written.id is not None:
            self.made[written.id] = None
            self._unnamed.remove(identifier)
        return written

    def _name(self, identifier: str) -> None:
        """A document whose address no answer told is looked for by its identifier."""
        try:
            found = [one.id for one in self.found(identifier) if _carries(one, identifier)]
        except (RecordSystemProblem, SmartProblem, ValueError):
            return
        if found:
            self.made |= dict.fromkeys(found)
            self._unnamed = [one for one in self._unnamed if one != identifier]

    def _struck(self, id_: str) -> bool:
        """Whether it is marked now; only on the test patient's own record."""
        try:
            standing = self._means.record.read(_TYPE, id_)
            if standing is None or not self._is_on_the_test_patient(standing):
                return False
            if standing.get("status") == _STRUCK:
                return True
            body = json.dumps({**standing, "status": _STRUCK}, ensure_ascii=False).encode()
            self._means.record.update(_TYPE, id_, body, if_still(version_of(standing)))
        except (RecordSystemProblem, SmartProblem):
            return False
        return True

    def _is_on_the_test_patient(self, standing: dict[str, Any]) -> bool:
        subject = document_reference.read(standing).subject or ""
        return subject.removeprefix(self._means.record.base + "/") == f"Patient/{self._means.patient}"


def _first(bench: _Bench) -> dict[str, Any]:
    """One plain create: is it taken, held, kept with its identifier, found by it, and when?"""
    identifier = bench.new_identifier()
    try:
        written = bench.create(identifier)
    except Refused as refused:
        why = (*refused.codes, *refused.expressions)
        instead = refused.status in _CONTENT and bench.takes_as_progress_note()
        return {"status": refused.status, "refused_for": why or ("refused",), "other_type": instead}
    search, lag = bench.searched(identifier)
    return {
        "status": written.status,
        "refused_for": (),
        "held": written.status == 202,
        "keeps_identifier": _kept(bench, written.id, identifier),
        "search": search,
        "lag": lag,
    }


def _kept(bench: _Bench, id_: str | None, identifier: str) -> bool | None:
    if id_ is None:
        return None
    try:
        standing = bench.read(id_)
    except RecordSystemProblem:
        return None
    return None if standing is None else _carries(standing, identifier)


def _repeated(bench: _Bench, tries: frozenset[Rung]) -> dict[Rung, int | None]:
    """The same document twice, one after the other, in the way of each rung."""
    ways = {Rung.PUT: bench.put, Rung.CONDITIONAL: lambda one: _conditional(bench, one)}
    return {rung: _standing_after(bench, way) for rung, way in ways.items() if rung in tries}


def _standing_after(bench: _Bench, way: Callable[[str], Written]) -> int | None:
    identifier = bench.new_identifier()
    try:
        answers = [way(identifier) for _ in range(2)]
    except RecordSystemProblem:
        return None
    return _distinct(bench, identifier, [one.id for one in answers])


def _at_once(bench: _Bench) -> int | None:
    """Several conditional creates of one document at the same moment: big servers have made several of it (rule 5)."""
    identifier = bench.new_identifier()

    def create(_: int) -> str | None:
        try:
            return _conditional(bench, identifier).id
        except RecordSystemProblem:
            return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        ids = list(pool.map(create, range(_AT_ONCE)))
    return _distinct(bench, identifier, ids)


def _distinct(bench: _Bench, identifier: str, ids: list[str | None]) -> int | None:
    """How many documents the answers speak of; where one named none, how many a search finds."""
    if None not in ids:
        return len(set(ids))
    try:
        found = bench.found(identifier)
    except RecordSystemProblem:
        return None
    ours = {one.id for one in found if _carries(one, identifier)}
    return len(ours) if ours and len(ours) == len(found) else None


def _conditional(bench: _Bench, identifier: str) -> Written:
    return bench.create(identifier, {"If-None-Exist": f"identifier={named(identifier)}"})


def _carries(found: FoundDocument, identifier: str) -> bool:
    return (URI_IDENTIFIER, identifier) in found.identifiers
