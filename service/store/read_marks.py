"""Who of the care team has read which version of an entry: marks are added, never changed (rule 17).

The deed's guard and change of it stand here as well, as `held_words` keeps its own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, insert, or_, select, tuple_

from service.access.context import AccessContext
from service.journal.entries import Cause, EntryStatus
from service.journal.unread import ReadMark
from service.store.course_tables import read_marks
from service.store.engine import Store
from service.store.reach import SENT, own_rows, sent_words
from service.store.row_security import whole_clinic
from service.store.tables import entries, entry_versions

_WITH_WORDS = tuple(status for status in SENT if status != EntryStatus.ENTERED_IN_ERROR)


@dataclass(frozen=True, slots=True)
class NotReadSince:
    """Nobody has said yet that they read this version of the entry, or a later one."""

    entry_id: str
    version: int


@dataclass(frozen=True, slots=True)
class KeepReadMark:
    """Keep for good who read this version, and when."""

    mark: ReadMark


@dataclass(frozen=True, slots=True)
class SentEntry:
    """An entry by its ids and the instant of its newest words, the place in the list as well."""

    entry_id: str
    patient_id: str
    authored: datetime


# --- questions -------------------------------------------------------------------------------------------------


def marks_of(
    store: Store, context: AccessContext, entry_ids: Collection[str]
) -> dict[str, tuple[ReadMark, ...]]:
    """The marks of these entries, as far as they are within reach, by entry."""
    wanted = select(read_marks).where(
        *own_rows(context, read_marks), read_marks.c.entry_id.in_(sorted(entry_ids))
    )
    with store.asking(context) as connection:
        marks = [_as_mark(row) for row in connection.execute(wanted.order_by(read_marks.c.version))]
    return {one: tuple(mark for mark in marks if mark.entry_id == one) for one in entry_ids}


def causes_of(
    store: Store, context: AccessContext, entry_ids: Collection[str]
) -> dict[str, dict[int, Cause]]:
    """Why each version of these entries came to be, as far as this asker may see them, by entry and number."""
    wanted = select(entry_versions.c.entry_id, entry_versions.c.version, entry_versions.c.cause).where(
        *sent_words(context, entry_versions), entry_versions.c.entry_id.in_(sorted(entry_ids))
    )
    found: dict[str, dict[int, Cause]] = {one: {} for one in entry_ids}
    with store.asking(context) as connection:
        for row in connection.execute(wanted):
            found[row.entry_id][row.version] = Cause(row.cause)
    return found


def not_read(
    store: Store, clinic: str, at: datetime, limit: int, behind: SentEntry | None = None
) -> tuple[SentEntry, ...]:
    """The clinic's released entries whose present words nobody has marked, the oldest first; for its care team.

    Whether something of them is shared, the sealed words alone can tell: who shows them asks the rule.
    """
    released = or_(entries.c.held_until.is_(None), entries.c.held_until <= at)
    wanted = select(entries.c.id, entries.c.patient_id, entries.c.authored).where(
        entries.c.clinic == clinic, entries.c.status.in_(_WITH_WORDS), released, ~exists().where(_covers())
    )
    if behind is not None:
        place = tuple_(entries.c.authored, entries.c.id)
        wanted = wanted.where(place > tuple_(behind.authored, behind.entry_id))
    with store.asking(whole_clinic(clinic)) as connection:
        rows = connection.execute(wanted.order_by(entries.c.authored, entries.c.id).limit(limit)).all()
    return tuple(SentEntry(row.id, row.patient_id, row.authored) for row in rows)


# --- inside the writer's transaction ---------------------------------------------------------------------------


def is_unread(connection: Connection, clinic: str, guard: NotReadSince) -> bool:
    """Whether nobody has marked it; that nobody does meanwhile, the lock on the entry's own row sees to."""
    wanted = select(read_marks.c.entry_id).where(
        read_marks.c.clinic == clinic,
        read_marks.c.entry_id == guard.entry_id,
        read_marks.c.version >= guard.version,
    )
    return connection.execute(wanted.limit(1)).first() is None


def keep(connection: Connection, clinic: str, new: ReadMark) -> None:
    """Keep the mark; a second one of the same version is refused by its key."""
    connection.execute(
        insert(read_marks).values(
            clinic=clinic,
            entry_id=new.entry_id,
            version=new.version,
            patient_id=new.patient_id,
            read_by=new.read_by,
            read_at=new.read_at,
        )
    )


def _covers() -> Any:
    """A mark of the present words: of the version they were said in, or of one that moved them since."""
    said = entry_versions.alias("said")
    own = select(func.max(said.c.version)).where(
        said.c.clinic == entries.c.clinic, said.c.entry_id == entries.c.id, said.c.cause == Cause.SENT.value
    )
    return and_(
        read_marks.c.clinic == entries.c.clinic,
        read_marks.c.entry_id == entries.c.id,
        read_marks.c.version >= func.coalesce(own.correlate(entries).scalar_subquery(), 0),
    )


def _as_mark(row: Row[Any]) -> ReadMark:
    return ReadMark(
        entry_id=row.entry_id,
        patient_id=row.patient_id,
        version=row.version,
        read_by=row.read_by,
        read_at=row.read_at,
    )
