"""A client reads or searches the visits that its patients' entries and sets are linked to, as they were last seen.

The record system is the source: what is served here is what the rules looked at, so that links can be resolved.
"""

from collections.abc import Collection
from dataclasses import dataclass

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.problems import NotYours
from service.r4 import encounter
from service.store import infusions
from service.store.infusions import SeenEncounter
from service.workflow.desk import Desk
from service.workflow.find_responses import Served, about, remember_search
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class EncounterQuery:
    """Which visits are asked for; None asks nothing, an empty collection finds nothing.

    `after` goes on behind a visit: its patient's id and its own.
    """

    ids: Collection[str] | None = None
    patient_ids: Collection[str] | None = None
    after: tuple[str, str] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FoundEncounters:
    """One page of visits by patient and id, where it ended if there are more, and how many there are if asked."""

    served: tuple[Served, ...]
    next_after: tuple[str, str] | None
    total: int | None = None


def read_encounter(desk: Desk, context: AccessContext, encounter_id: str) -> Served:
    """One visit by its id in the record system; NotYours where it is out of reach, or was never seen."""
    found = infusions.find(desk.store, context, ids=(encounter_id,), limit=1)
    if not found:
        raise NotYours
    served = _serve(desk, context, found[0])
    what = f"Encounter/{served.id}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=served.patient_id, what=what)])
    return served


def find_encounters(
    desk: Desk, context: AccessContext, wanted: EncounterQuery, query: str, *, counted: bool = False
) -> FoundEncounters:
    """The visits that a search asks for; `query` is the search as it was asked. No match for limit 0."""
    asked = {"ids": wanted.ids, "patient_ids": wanted.patient_ids}
    total = infusions.count(desk.store, context, **asked) if counted else None
    found: list[SeenEncounter] = []
    if wanted.limit:
        found = infusions.find(desk.store, context, **asked, after=wanted.after, limit=wanted.limit + 1)
    page = found[: wanted.limit]
    served = tuple(_serve(desk, context, one) for one in page)
    touched = {one.patient_id for one in served} | about(context, wanted.patient_ids, total)
    remember_search(desk, context, "Encounter", query, touched)
    last = page[-1].encounter if len(found) > wanted.limit else None
    return FoundEncounters(served, (last.patient_id, last.id) if last else None, total)


def _serve(desk: Desk, context: AccessContext, seen: SeenEncounter) -> Served:
    one = seen.encounter
    raw = encounter.write(
        one, source=f"{desk.clinic(context.clinic).iss}/Encounter/{one.id}", seen_at=seen.seen_at
    )
    return Served(one.id, 1, seen.seen_at, one.patient_id, raw)
