"""What a deed changes: hands each change to the table it belongs to, inside the writer's transaction."""

from typing import assert_never

from sqlalchemy import Connection

from service.store import (
    assigned,
    audit_trail,
    courses,
    drafts,
    entry_rows,
    filings,
    finding,
    generations,
    held_words,
    infusions,
    kept_summaries,
    merges,
    read_marks,
    rulings,
    sessions,
)
from service.store.deeds import (
    BeginGeneration,
    BeginLaunch,
    CancelFilings,
    Change,
    CloseVisit,
    CourseChange,
    DropDraft,
    DropHeldWords,
    DropMerge,
    DropNotices,
    EndVisit,
    FilingChange,
    FindingChange,
    HoldWords,
    JournalChange,
    KeepAssigned,
    KeepCheckpoint,
    KeepFinding,
    KeepMerge,
    KeepNotice,
    KeepReadMark,
    KeepSummary,
    LinkDraft,
    NoteAssignedWritten,
    NoteLook,
    NoteOpenItems,
    NoteReleased,
    NoteSendStarted,
    NoteUnchanged,
    OpenVisit,
    OweLook,
    PostponeAssigned,
    PostponeFiling,
    PostponeLook,
    QueueFiling,
    ReleaseLane,
    RememberEncounters,
    RenewVisit,
    SaveDraft,
    SaveEntryVersion,
    SaveRuling,
    SettleFiling,
    TakeBackEntry,
    TouchVisit,
    VisitChange,
)
from service.store.sealing import Seal


def apply(connection: Connection, seal: Seal, clinic: str, change: Change) -> None:
    """Make this change; LookupError where the row it speaks of is not as it has to be."""
    match change:
        case (
            SaveDraft()
            | LinkDraft()
            | DropDraft()
            | SaveEntryVersion()
            | TakeBackEntry()
            | NoteReleased()
            | KeepReadMark()
        ):
            _in_journal(connection, seal, clinic, change)
        case OpenVisit() | TouchVisit() | RenewVisit() | CloseVisit() | BeginLaunch():
            _in_visits(connection, seal, clinic, change)
        case HoldWords() | DropHeldWords() | EndVisit():
            held_words.apply(connection, seal, clinic, change)
        case KeepCheckpoint(size, note, signed_at):
            audit_trail.keep_checkpoint(connection, clinic, size, note, signed_at)
        case BeginGeneration(number, at):
            generations.begin(connection, seal, clinic, number, at)
        case KeepNotice() | DropNotices() | KeepFinding() | KeepMerge() | DropMerge():
            _in_finding(connection, clinic, change)
        case (
            QueueFiling()
            | SettleFiling()
            | PostponeFiling()
            | KeepSummary()
            | NoteSendStarted()
            | ReleaseLane()
            | CancelFilings()
            | NoteLook()
        ):
            _in_filings(connection, seal, clinic, change)
        case _:
            _in_course(connection, clinic, change)


def _in_journal(connection: Connection, seal: Seal, clinic: str, change: JournalChange) -> None:
    match change:
        case SaveDraft(draft):
            drafts.save(connection, seal, clinic, draft)
        case LinkDraft(key, link):
            drafts.relink(connection, clinic, key, link)
        case DropDraft(key):
            drafts.drop(connection, clinic, key)
        case SaveEntryVersion(version, anew):
            entry_rows.keep_version(connection, seal, clinic, version, anew)
        case TakeBackEntry(entry_id):
            entry_rows.take_back(connection, clinic, entry_id)
        case NoteReleased(entry_id):
            entry_rows.note_released(connection, clinic, entry_id)
        case KeepReadMark(mark):
            read_marks.keep(connection, clinic, mark)
        case _:
            assert_never(change)


def _in_course(connection: Connection, clinic: str, change: CourseChange) -> None:
    match change:
        case RememberEncounters():
            _remember(connection, clinic, change)
        case NoteUnchanged(patient_id, looked_at, look_began):
            courses.note_look(connection, clinic, patient_id, looked_at, look_began)
        case OweLook(patient_id, due_at):
            courses.owe_look(connection, clinic, patient_id, due_at)
        case PostponeLook(patient_id, due_at):
            courses.postpone_look(connection, clinic, patient_id, due_at)
        case NoteOpenItems(patient_id, count):
            courses.note_open_items(connection, clinic, patient_id, count)
        case SaveRuling(ruling):
            rulings.save(connection, clinic, ruling)
            _move_on(connection, clinic, ruling.patient_id)
        case KeepAssigned(kept):
            assigned.keep(connection, clinic, kept)
            _move_on(connection, clinic, kept.patient_id)
        case NoteAssignedWritten(name, version):
            assigned.note_written(connection, clinic, name, version)
        case PostponeAssigned(name, at, reason):
            assigned.postpone(connection, clinic, name, at, reason)
        case _:
            assert_never(change)


def _in_finding(connection: Connection, clinic: str, change: FindingChange) -> None:
    match change:
        case KeepNotice(encounter_id, at):
            finding.keep_notice(connection, clinic, encounter_id, at)
        case DropNotices(encounter_ids, received_until):
            finding.drop_notices(connection, clinic, encounter_ids, received_until)
        case KeepFinding():
            _keep_finding(connection, clinic, change)
        case KeepMerge(old_id, new_id, at):
            if merges.before(connection, clinic, old_id)[:1] != (new_id,):
                courses.move_on(connection, clinic, new_id)
            merges.keep(connection, clinic, old_id, new_id, at)
        case DropMerge(old_id):
            for surviving in set(merges.before(connection, clinic, old_id)):
                courses.move_on(connection, clinic, surviving)
            merges.drop(connection, clinic, old_id)
        case _:
            assert_never(change)


def _remember(connection: Connection, clinic: str, seen: RememberEncounters) -> None:
    infusions.remember(connection, clinic, seen.patient_id, seen.encounters, seen.seen_at)
    courses.keep_episodes(connection, clinic, seen.patient_id, seen.episodes, seen.etag)
    courses.note_look(connection, clinic, seen.patient_id, seen.seen_at, seen.look_began)
    _move_on(connection, clinic, seen.patient_id)


def _move_on(connection: Connection, clinic: str, patient_id: str) -> None:
    """The course is a revision on, and so are those of the records that took this patient's in: they rest on it."""
    for one in dict.fromkeys((patient_id, *merges.before(connection, clinic, patient_id))):
        courses.move_on(connection, clinic, one)


def _keep_finding(connection: Connection, clinic: str, stands: KeepFinding) -> None:
    found = finding.Finding(stands.since, stands.looked_at, stands.due_at, stands.last_event)
    finding.keep(connection, clinic, found, stands.owner)


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
        case PostponeFiling(filing_id, due_at, attempts, reason, tried_at):
            filings.postpone(connection, clinic, filing_id, due_at, attempts, reason, tried_at)
        case KeepSummary():
            kept_summaries.keep(connection, seal, clinic, change)
        case NoteSendStarted(filing_id, at):
            filings.note_send(connection, clinic, filing_id, at)
        case ReleaseLane(patient_id, fence):
            filings.release_lane(connection, clinic, patient_id, fence)
        case CancelFilings(entry_id, before_version, reason, settled_at):
            filings.cancel_before(connection, clinic, entry_id, before_version, reason, settled_at)
        case NoteLook(filing_id, looked_at, due_at, trouble):
            filings.change(connection, clinic, filing_id, looked_at=looked_at, due_at=due_at, trouble=trouble)
        case _:
            assert_never(change)


def _settle(connection: Connection, clinic: str, settled: SettleFiling) -> None:
    again = {} if settled.due_at is None else {"due_at": settled.due_at}
    filings.change(
        connection,
        clinic,
        settled.filing_id,
        **again,
        trouble=None,
        state=settled.state.value,
        reason=settled.reason,
        document_id=settled.document_id,
        settled_at=settled.settled_at,
    )
