"""The compliance officer looks into the log, checks it, and takes it away; each of that is itself remembered (B-08)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from service.access.context import AccessContext
from service.audit.questions import AuditFilter
from service.audit.record import Deed, Record
from service.audit.verify import Verdict
from service.r4 import audit_event
from service.store import audit_trail, deeds
from service.workflow.audit_by_command import last_signed, verify_clinic
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some records with their place in the log, newest first; where to go on; how far the log reaches."""

    records: tuple[tuple[int, Record], ...]
    next_before: int | None
    size: int
    root: str
    note: str | None


def read_log(
    desk: Desk, context: AccessContext, wanted: AuditFilter, query: str, before: int | None, count: int
) -> LogPage:
    """One page of the clinic's log, remembered as a search before it is shown."""
    searched = record(desk, context, Deed.SEARCH, patient=wanted.patient, what="AuditEvent", query=query)
    before_answering(desk, context, [searched])
    edge = audit_trail.head(desk.store, context.clinic)
    last = audit_trail.last_checkpoint(desk.store, context.clinic)
    found = audit_trail.newest(desk.store, context.clinic, before, count + 1, wanted)
    more = found[count - 1].index if len(found) > count else None
    shown = tuple((entry.index, entry.record) for entry in found[:count])
    return LogPage(shown, more, edge.size, edge.root().hex(), last.note if last else None)


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
    """What a check of the whole log found, and when; `note` is the last signed checkpoint it was held against."""

    verdict: Verdict
    at: datetime
    note: str | None


def verify_log(desk: Desk, context: AccessContext, key: bytes) -> Checked:
    """Recompute the clinic's whole log, hold it against its head and the last signed checkpoint; remembered.

    `key` is the private key (PEM) that this service signs checkpoints with.
    """
    signed = last_signed(desk, context.clinic, key)
    verdict = verify_clinic(desk, context.clinic, signed[0] if signed else None)
    checked = Checked(verdict, desk.now(), signed[1] if signed else None)
    outcome = record(
        desk, context, Deed.VERIFY, what="AuditEvent", reason="holds" if checked.verdict.ok else "broken"
    )
    desk.writer.perform(deeds.Deed(context.clinic, records=(outcome,)))
    return checked


@dataclass(frozen=True, slots=True)
class Toucher:
    """Somebody who touched a patient's data: how often, first and last."""

    person: str | None
    role: str
    times: int
    first: datetime
    last: datetime


def who_touched(desk: Desk, clinic: str, patient_id: str) -> tuple[Toucher, ...]:
    """Everybody in the whole log of this patient, by role and name; the caller remembers the look."""
    seen: dict[tuple[str, str], Toucher] = {}
    with audit_trail.snapshot(desk.store, clinic, AuditFilter(patient=patient_id)) as (_, entries):
        for entry in entries:
            agent, at = entry.record.agent, entry.record.recorded
            name = (agent.role, agent.person or agent.client or "")
            known = seen.get(name, Toucher(name[1] or None, agent.role, 0, at, at))
            seen[name] = replace(known, times=known.times + 1, last=at)
    return tuple(seen[name] for name in sorted(seen))
