"""Whether what a deed rests on still holds, asked inside the writer's transaction.

On PostgreSQL the row that a guard looked at stays locked until the commit, so that another process cannot make
the answer untrue meanwhile; SQLite's writer holds the whole database (`BEGIN IMMEDIATE`).
"""

from typing import assert_never

from sqlalchemy import ColumnElement, Connection, Table, select

from service.journal.entries import FilingState
from service.store import course_filings, courses, read_marks
from service.store.deeds import (
    CourseIsAt,
    DraftIsAt,
    EntryIsAt,
    EntryIsNew,
    FilingIsAt,
    FilingIsDue,
    FilingIsUnsent,
    FilingNeverSent,
    Guard,
    InfusionIsFree,
    LaneIsHeld,
    LaunchIsUnused,
    NotReadSince,
    SeriesOwedLast,
)
from service.store.tables import drafts, entries, filings, lanes, launches

_LIVE_DRAFT = drafts.c.status != "stopped"
_LIVE_ENTRY = entries.c.status.not_in(("stopped", "entered-in-error"))
_NEVER_SENT_STATES = tuple(
    state.value for state in (FilingState.DUE, FilingState.WAITING, FilingState.PARKED, FilingState.REFUSED)
)


def holds(connection: Connection, clinic: str, guard: Guard) -> bool:
    """Whether this guard holds now; nothing is changed by asking."""
    match guard:
        case DraftIsAt():
            return _draft_is_at(connection, clinic, guard)
        case EntryIsNew():
            return not _any(connection, entries, entries.c.clinic == clinic, entries.c.key == guard.key)
        case EntryIsAt():
            return _entry_is_at(connection, clinic, guard)
        case NotReadSince():
            return read_marks.is_unread(connection, clinic, guard)
        case InfusionIsFree():
            return _infusion_is_free(connection, clinic, guard)
        case LaneIsHeld():
            return _lane_is_held(connection, clinic, guard)
        case FilingIsDue() | FilingIsUnsent():
            return _filing_is_open(connection, clinic, guard)
        case FilingNeverSent():
            return _filing_never_sent(connection, clinic, guard)
        case FilingIsAt():
            return _filing_is_at(connection, clinic, guard)
        case SeriesOwedLast(patient_id, series, filing_id):
            return course_filings.newest_of(connection, clinic, patient_id, series) == filing_id
        case CourseIsAt(patient_id, revision):
            return courses.locked_revision(connection, clinic, patient_id) == revision
        case LaunchIsUnused():
            return _launch_is_unused(connection, clinic, guard)
        case _:
            assert_never(guard)


def _draft_is_at(connection: Connection, clinic: str, guard: DraftIsAt) -> bool:
    this = select(drafts.c.patient_id, drafts.c.revision).where(
        drafts.c.clinic == clinic, drafts.c.key == guard.key
    )
    row = connection.execute(this.with_for_update()).one_or_none()
    if row is None:
        return guard.revision == 0
    return (row.patient_id, row.revision) == (guard.patient_id, guard.revision)


def _entry_is_at(connection: Connection, clinic: str, guard: EntryIsAt) -> bool:
    return _any(
        connection,
        entries,
        entries.c.clinic == clinic,
        entries.c.id == guard.entry_id,
        entries.c.patient_id == guard.patient_id,
        entries.c.version == guard.version,
    )


def _infusion_is_free(connection: Connection, clinic: str, guard: InfusionIsFree) -> bool:
    # Two processes may look for one infusion in two tables at once: one goes after the other.
    courses.lock_patient(connection, clinic, guard.patient_id)
    lives = ((drafts, _LIVE_DRAFT), (entries, _LIVE_ENTRY))
    return not any(
        _any(
            connection,
            table,
            table.c.clinic == clinic,
            table.c.patient_id == guard.patient_id,
            table.c.encounter_id == guard.encounter_id,
            table.c.key != guard.key,
            is_live,
        )
        for table, is_live in lives
    )


def _lane_is_held(connection: Connection, clinic: str, guard: LaneIsHeld) -> bool:
    return _any(
        connection,
        lanes,
        lanes.c.clinic == clinic,
        lanes.c.patient_id == guard.patient_id,
        lanes.c.fence == guard.fence,
        lanes.c.lease_until.is_not(None),
    )


def _filing_is_open(connection: Connection, clinic: str, guard: FilingIsDue | FilingIsUnsent) -> bool:
    conditions = [
        filings.c.clinic == clinic,
        filings.c.id == guard.filing_id,
        filings.c.state == FilingState.DUE.value,
    ]
    if isinstance(guard, FilingIsUnsent):
        conditions.append(filings.c.send_started_at.is_(None))
    return _any(connection, filings, *conditions)


def _filing_never_sent(connection: Connection, clinic: str, guard: FilingNeverSent) -> bool:
    return _any(
        connection,
        filings,
        filings.c.clinic == clinic,
        filings.c.id == guard.filing_id,
        filings.c.state.in_(_NEVER_SENT_STATES),
        filings.c.send_started_at.is_(None),
    )


def _filing_is_at(connection: Connection, clinic: str, guard: FilingIsAt) -> bool:
    return _any(
        connection,
        filings,
        filings.c.clinic == clinic,
        filings.c.id == guard.filing_id,
        filings.c.state == guard.state.value,
    )


def _launch_is_unused(connection: Connection, clinic: str, guard: LaunchIsUnused) -> bool:
    return _any(
        connection,
        launches,
        launches.c.clinic == clinic,
        launches.c.state_digest == guard.state_digest,
        launches.c.expires_at > guard.at,
    )


def _any(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> bool:
    wanted = select(table.c.clinic).where(*conditions).limit(1).with_for_update()
    return connection.execute(wanted).first() is not None
