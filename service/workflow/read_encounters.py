"""A client reads or searches the visits that its patients' entries and sets are linked to, as they were last seen.

The record system is the source: what is served here is what the rules looked at, so that links can be resolved.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.conditions import Among, Condition, Period, Place, Value, meets, values_asked
from service.journal.match import Coding, EncounterSeen
from service.journal.problems import NotYours
from service.r4 import encounter
from service.r4.elements import reference
from service.store import infusions
from service.store.infusions import SeenEncounter
from service.workflow.desk import Desk
from service.workflow.find_responses import Served, about, remember_search
from service.workflow.remember import before_answering, record

# A search looks at this many visits at most for one page: a page may hold fewer matches than asked for.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class EncounterQuery:
    """Which visits are asked for: by "id", "patient_id", "class", "period", "seen_at", "status" and "type".

    `after` goes on behind a visit: its patient's id and its own.
    """

    conditions: tuple[Condition, ...] = ()
    after: tuple[str, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FoundEncounters:
    """One page of visits by patient and id, where it ended if there are more, and how many there are if asked."""

    served: tuple[Served, ...]
    ended: Place | None
    total: int | None = None


def read_encounter(desk: Desk, context: AccessContext, encounter_id: str) -> Served:
    """One visit by its id in the record system; NotYours where it is out of reach, or was never seen."""
    found = infusions.find(desk.store, context, (Among("id", frozenset({encounter_id})),), limit=1)
    if not found:
        raise NotYours
    served = _serve(desk, context, found[0])
    what = f"Encounter/{served.id}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=served.patient_id, what=what)])
    return served


def find_encounters(
    desk: Desk, context: AccessContext, wanted: EncounterQuery, query: str, *, counted: bool = False
) -> FoundEncounters:
    """The visits that a search asks for; `query` is the search as it was asked. No match for limit 0.

    A clinic may have very many visits and few that match, so one page ends after `_AT_ONCE` of them.
    """
    total = _count(desk, context, wanted) if counted else None
    found = _page(desk, context, wanted) if wanted.limit else FoundEncounters((), None)
    asked = values_asked(wanted.conditions, "patient_id")
    touched = {one.patient_id for one in found.served} | about(context, asked, total)
    remember_search(desk, context, "Encounter", query, touched)
    return replace(found, total=total)


def encounters_of(desk: Desk, context: AccessContext, served: Iterable[Served]) -> tuple[Served, ...]:
    """The visits that these responses or Tasks name, of their own patient and within reach (I-80, T3).

    Each is remembered as a read; one that nobody has seen is left out.
    """
    named = {(one.patient_id, name) for one in served if (name := _visit_named(one)) is not None}
    asked = (
        Among("id", frozenset(name for _, name in named)),
        Among("patient_id", frozenset(patient for patient, _ in named)),
    )
    found = infusions.find(desk.store, context, asked, limit=len(named) ** 2) if named else []
    shown = [
        _serve(desk, context, one) for one in found if (one.encounter.patient_id, one.encounter.id) in named
    ]
    if shown:
        reads = [
            record(desk, context, Deed.READ, patient=one.patient_id, what=f"Encounter/{one.id}")
            for one in shown
        ]
        before_answering(desk, context, reads)
    return tuple(shown)


def _visit_named(served: Served) -> str | None:
    return encounter.id_of("Encounter", reference(json.loads(served.raw), "encounter"))


def _page(desk: Desk, context: AccessContext, wanted: EncounterQuery) -> FoundEncounters:
    ahead = infusions.find(desk.store, context, _by_row(wanted), after=wanted.after, limit=_AT_ONCE + 1)
    looked_at = ahead[:_AT_ONCE]
    found = [one for one in looked_at if _fits(one, wanted)]
    page = found[: wanted.limit]
    served = tuple(_serve(desk, context, one) for one in page)
    last: SeenEncounter | None = None
    if len(found) > len(page):
        last = page[-1]
    elif len(ahead) > len(looked_at):
        last = looked_at[-1]
    ended = Place((last.encounter.patient_id,), last.encounter.id) if last else None
    return FoundEncounters(served, ended)


def _count(desk: Desk, context: AccessContext, wanted: EncounterQuery) -> int:
    if len(_by_row(wanted)) == len(wanted.conditions):
        return infusions.count(desk.store, context, wanted.conditions)
    total, after, more = 0, None, True
    while more:
        seen = infusions.find(desk.store, context, _by_row(wanted), after=after, limit=_AT_ONCE)
        total += sum(_fits(one, wanted) for one in seen)
        more = len(seen) == _AT_ONCE
        after = (seen[-1].encounter.patient_id, seen[-1].encounter.id) if seen else None
    return total


def _by_row(wanted: EncounterQuery) -> tuple[Condition, ...]:
    """What the store can ask; all else stands in what was seen of the visit."""
    return tuple(one for one in wanted.conditions if one.field in ("id", "patient_id"))


def _fits(seen: SeenEncounter, wanted: EncounterQuery) -> bool:
    one = seen.encounter
    values: dict[str, Value] = {
        "id": one.id,
        "patient_id": one.patient_id,
        "class": _forms((one.class_,) if one.class_ else ()),
        "period": _period(one),
        "seen_at": seen.seen_at,
        "status": one.status,
        "type": _forms(one.types),
    }
    return all(meets(each, values) for each in wanted.conditions)


def _forms(codings: Iterable[Coding]) -> frozenset[str]:
    """Every form in which a token may ask for one of these."""
    return frozenset(
        form for one in codings for form in (one.code, f"{one.system}|{one.code}", f"{one.system}|")
    )


def _period(one: EncounterSeen) -> Period | None:
    """From its start, or from the first moment of the day that it names, to its end; None where nothing is known."""
    start = one.start
    if start is None and one.start_day is not None:
        start = datetime.combine(one.start_day, time.min, UTC)
    return Period(start, one.end) if start or one.end else None


def _serve(desk: Desk, context: AccessContext, seen: SeenEncounter) -> Served:
    one = seen.encounter
    raw = encounter.write(
        one, source=f"{desk.clinic(context.clinic).iss}/Encounter/{one.id}", seen_at=seen.seen_at
    )
    return Served(one.id, 1, seen.seen_at, one.patient_id, raw)
