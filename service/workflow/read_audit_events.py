"""Officers' tools and listed systems read the log as AuditEvents; each of that is itself remembered (B-08, rule 25).

A search looks at the log as it stood when it began: a page goes downwards from the place where the one before ended,
so the records that the search itself leaves, one a page, are never part of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from service.access.context import AccessContext, Role
from service.audit.leaf import LogEntry
from service.audit.log_query import Aspect, Condition, LogQuery
from service.audit.record import Deed, Record
from service.journal.problems import NotAllowed, NotYours
from service.r4 import audit_event
from service.store import audit_trail, log_search
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page goes on: below this place of the log, in the search that began when the log had this size."""

    below: int
    began_at: int


@dataclass(frozen=True, slots=True)
class ServedEvent:
    """One AuditEvent as the export writes it, byte for byte; it never changes, so it is at version 1."""

    id: str
    last_updated: datetime
    raw: bytes
    version: int = 1


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """One page of AuditEvents, newest first; where to go on, None at the end; how many there are where asked."""

    served: tuple[ServedEvent, ...]
    ended: Place | None
    total: int | None = None


def check_reader(desk: Desk, context: AccessContext) -> None:
    """NotAllowed unless the clinic lists this person as an officer, or this client as one of its own (rule 29)."""
    is_system = context.role is Role.CLIENT and context.patients is None
    if not is_system and context.person not in desk.clinic(context.clinic).officers:
        raise NotAllowed


def read_audit_event(desk: Desk, context: AccessContext, event_id: str, server: str) -> ServedEvent:
    """One AuditEvent of this clinic's log; NotYours for any other id. `server` is the base that was asked."""
    check_reader(desk, context)
    named = LogQuery((Condition(Aspect.ID, frozenset({event_id})),))
    found = log_search.find(desk.store, context.clinic, named, _size(desk, context), 1)
    if not found:
        raise NotYours
    about = found[0].record.patient
    _remember(desk, context, server, Deed.READ, about, f"AuditEvent/{event_id}", None)
    return _serve(found[0])


def find_audit_events(
    desk: Desk,
    context: AccessContext,
    wanted: LogQuery,
    query: str,
    server: str,
    *,
    place: Place | None = None,
    limit: int = 50,
    counted: bool = False,
) -> FoundEvents:
    """The page from this place on; `query` is the search as it was asked. No match for limit 0.

    One record for each page, whoever its events are about: one for each patient in them would let a search of the log
    grow the log by as much as it reads.
    """
    check_reader(desk, context)
    here = place or Place(size := _size(desk, context), size)
    _remember(desk, context, server, Deed.SEARCH, wanted.only_patient, "AuditEvent", query)
    clinic = context.clinic
    found = log_search.find(desk.store, clinic, wanted, here.below, limit + 1) if limit else []
    page = found[:limit]
    return FoundEvents(
        tuple(_serve(one) for one in page),
        replace(here, below=page[-1].index) if len(found) > limit else None,
        log_search.count(desk.store, clinic, wanted, here.began_at) if counted else None,
    )


def _size(desk: Desk, context: AccessContext) -> int:
    return audit_trail.head(desk.store, context.clinic).size


def _serve(entry: LogEntry) -> ServedEvent:
    event = entry.record
    return ServedEvent(event.id, event.recorded, audit_event.write(event, entry.index))


def _remember(
    desk: Desk,
    context: AccessContext,
    server: str,
    deed: Deed,
    patient: str | None,
    what: str,
    query: str | None,
) -> None:
    read: Record = record(desk, context, deed, patient=patient, what=what, query=query)
    before_answering(desk, context, [replace(read, server=server)])
