"""The compliance officer looks into the log, checks it, and takes it away; each of that is itself remembered (B-08)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from service.access.context import AccessContext
from service.audit.questions import AuditFilter
from service.audit.record import Deed, Record
from service.audit.verify import Verdict, verify
from service.r4 import audit_event
from service.store import audit_trail, deeds
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some records with their place in the log, newest first; where to go on; how far the log reaches."""

    records: tuple[tuple[int, Record], ...]
    next_before: int | None
    size: int
    root: str


def read_log(
    desk: Desk, context: AccessContext, wanted: AuditFilter, query: str, before: int | None, count: int
) -> LogPage:
    """One page of the clinic's log, remembered as a search before it is shown."""
    searched = record(desk, context, Deed.SEARCH, patient=wanted.patient, what="AuditEvent", query=query)
    before_answering(desk, context, [searched])
    edge = audit_trail.head(desk.store, context.clinic)
    found = audit_trail.newest(desk.store, context.clinic, before, count + 1, wanted)
    more = found[count - 1].index if len(found) > count else None
    shown = tuple((entry.index, entry.record) for entry in found[:count])
    return LogPage(shown, more, edge.size, edge.root().hex())


def export_log(desk: Desk, context: AccessContext, wanted: AuditFilter, query: str) -> Iterator[bytes]:
    """The records as AuditEvents, one line each, oldest first, from one snapshot; remembered before it begins."""
    exported = record(desk, context, Deed.EXPORT, patient=wanted.patient, what="AuditEvent", query=query)
    before_answering(desk, context, [exported])
    return _lines(desk, context.clinic, wanted)


def _lines(desk: Desk, clinic: str, wanted: AuditFilter) -> Iterator[bytes]:
    with audit_trail.snapshot(desk.store, clinic, wanted) as (_, entries):
        for entry in entries:
            yield audit_event.write(entry.record, entry.index) + b"\n"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the whole log found, and when."""

    verdict: Verdict
    at: datetime


def verify_log(desk: Desk, context: AccessContext) -> Checked:
    """Recompute the clinic's whole log from its records and hold it against its head; remembered."""
    checked = verify_clinic(desk, context.clinic)
    outcome = record(
        desk, context, Deed.VERIFY, what="AuditEvent", reason="holds" if checked.verdict.ok else "broken"
    )
    desk.writer.perform(deeds.Deed(context.clinic, records=(outcome,)))
    return checked


def verify_clinic(desk: Desk, clinic: str) -> Checked:
    """The same without a record: for the command line, which has no person signed in."""
    with audit_trail.snapshot(desk.store, clinic) as (edge, entries):
        return Checked(verify(entries, edge), desk.now())
