"""What a deed changes: hands each change to the table it belongs to, inside the writer's transaction."""

from typing import assert_never

from sqlalchemy import Connection

from service.journal.entries import FilingState
from service.store import audit_trail, drafts, entry_rows, filings, infusions, sessions
from service.store.deeds import (
    BeginLaunch,
    Change,
    CloseVisit,
    DropDraft,
    FilingChange,
    JournalChange,
    KeepCheckpoint,
    KeepSummary,
    NoteSendStarted,
    OpenVisit,
    PostponeFiling,
    QueueFiling,
    ReleaseLane,
    RememberEncounters,
    RenewVisit,
    SaveDraft,
    SaveEntryVersion,
    SettleFiling,
    TouchVisit,
    VisitChange,
)
from service.store.sealing import Seal


def apply(connection: Connection, seal: Seal, clinic: str, change: Change) -> None:
    """Make this change; LookupError where the row it speaks of is not as it has to be."""
    match change:
        case SaveDraft() | DropDraft() | SaveEntryVersion() | RememberEncounters():
            _in_journal(connection, seal, clinic, change)
        case OpenVisit() | TouchVisit() | RenewVisit() | CloseVisit() | BeginLaunch():
            _in_visits(connection, seal, clinic, change)
        case KeepCheckpoint(size, note, signed_at):
            audit_trail.keep_checkpoint(connection, clinic, size, note, signed_at)
        case _:
            _in_filings(connection, seal, clinic, change)


def _in_journal(connection: Connection, seal: Seal, clinic: str, change: JournalChange) -> None:
    match change:
        case SaveDraft(draft):
            drafts.save(connection, seal, clinic, draft)
        case DropDraft(key):
            drafts.drop(connection, clinic, key)
        case SaveEntryVersion(version):
            entry_rows.keep_version(connection, seal, clinic, version)
        case RememberEncounters(patient_id, encounters, seen_at):
            infusions.remember(connection, clinic, patient_id, encounters, seen_at)
        case _:
            assert_never(change)


def _in_visits(connection: Connection, seal: Seal, clinic: str, change: VisitChange) -> None:
    match change:
        case OpenVisit(visit):
            sessions.open_visit(connection, seal, clinic, visit)
        case TouchVisit(handle, seen_at, expires_at):
            sessions.touch_visit(connection, clinic, handle, seen_at, expires_at)
        case RenewVisit(handle, contents, expires_at):
            sessions.renew_visit(connection, seal, clinic, handle, contents, expires_at)
        case CloseVisit(handle):
            sessions.close_visit(connection, clinic, handle)
        case BeginLaunch(pending):
            sessions.begin_launch(connection, seal, clinic, pending)
        case _:
            assert_never(change)


def _in_filings(connection: Connection, seal: Seal, clinic: str, change: FilingChange) -> None:
    match change:
        case QueueFiling(filing):
            filings.queue(connection, clinic, filing)
        case SettleFiling():
            _settle(connection, clinic, change)
        case PostponeFiling():
            _postpone(connection, clinic, change)
        case KeepSummary(filing_id, pdf, sha256):
            filings.keep_summary(connection, seal, clinic, filing_id, pdf, sha256)
        case NoteSendStarted(filing_id, at):
            filings.change(connection, clinic, filing_id, send_started_at=at)
        case ReleaseLane(patient_id, fence):
            filings.release_lane(connection, clinic, patient_id, fence)
        case _:
            assert_never(change)


def _settle(connection: Connection, clinic: str, settled: SettleFiling) -> None:
    filings.change(
        connection,
        clinic,
        settled.filing_id,
        state=settled.state.value,
        reason=settled.reason,
        document_id=settled.document_id,
        settled_at=settled.settled_at,
    )


def _postpone(connection: Connection, clinic: str, postponed: PostponeFiling) -> None:
    # A person may send a parked or refused filing on its way again: it is due like any other.
    filings.change(
        connection,
        clinic,
        postponed.filing_id,
        state=FilingState.DUE.value,
        settled_at=None,
        due_at=postponed.due_at,
        attempts=postponed.attempts,
        reason=postponed.reason,
    )
