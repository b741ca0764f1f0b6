"""The audit log in the database: how records are appended inside a transaction, and how they are read back.

The head of a clinic (size and right edge) is read and locked inside the transaction that appends, never kept in
memory between transactions: so indexes have no gaps, and two processes make one log (threat T47).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, text, update

from service.audit.leaf import Filed, LogEntry, placed
from service.audit.merkle import RightEdge
from service.audit.questions import EVERYTHING, AuditFilter
from service.audit.record import Record
from service.store.engine import Store
from service.store.log_tables import audit_heads, audit_records, checkpoints
from service.store.row_security import Reach, of_patients, tell, whole_clinic, whole_house

_PAGE = 500


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A signed note as it was given out."""

    size: int
    note: str
    signed_at: datetime


# A new clinic's log begins here, whichever of two processes comes first.
_BEGIN_LOG = text(
    "INSERT INTO audit_heads (clinic, size, edge) VALUES (:clinic, 0, :edge) ON CONFLICT DO NOTHING"
)


def append(connection: Connection, records: Iterable[Record]) -> None:
    """Seal these records into the logs of their clinics, in the order given; part of the writer's transaction."""
    # Clinics in order: two processes that lock the same heads never wait for each other in a circle.
    by_clinic = sorted(records, key=lambda record: record.clinic)
    for clinic, group in groupby(by_clinic, key=lambda record: record.clinic):
        _append_to(connection, clinic, list(group))


def head(store: Store, clinic: str) -> RightEdge:
    """The size and right edge of the clinic's log; that of an empty tree where nothing was recorded yet."""
    with store.asking(whole_clinic(clinic)) as connection:
        return _head(connection, clinic) or RightEdge()


def records(
    store: Store, clinic: str, after_index: int = -1, limit: int = 100, filters: AuditFilter = EVERYTHING
) -> list[LogEntry]:
    """The next records behind this index, oldest first."""
    wanted = (
        _in_order(_matching(clinic, filters)).where(audit_records.c.leaf_index > after_index).limit(limit)
    )
    with store.asking(_reach(clinic, filters)) as connection:
        return [_as_entry(row) for row in connection.execute(wanted)]


def newest(
    store: Store,
    clinic: str,
    before_index: int | None = None,
    limit: int = 100,
    filters: AuditFilter = EVERYTHING,
) -> list[LogEntry]:
    """The records in front of this index, or the last ones there are; newest first."""
    wanted = (
        _COLUMNS.where(*_matching(clinic, filters)).order_by(audit_records.c.leaf_index.desc()).limit(limit)
    )
    if before_index is not None:
        wanted = wanted.where(audit_records.c.leaf_index < before_index)
    with store.asking(_reach(clinic, filters)) as connection:
        return [_as_entry(row) for row in connection.execute(wanted)]


def count(store: Store, clinic: str, filters: AuditFilter = EVERYTHING) -> int:
    """How many records there are."""
    wanted = select(func.count()).select_from(audit_records).where(*_matching(clinic, filters))
    with store.asking(_reach(clinic, filters)) as connection:
        return int(connection.scalar(wanted) or 0)


@contextmanager
def snapshot(
    store: Store, clinic: str, filters: AuditFilter = EVERYTHING
) -> Iterator[tuple[RightEdge, Iterator[LogEntry]]]:
    """The head and the records as they were at one moment, streamed; what is written meanwhile is not seen."""
    with store.asking(_reach(clinic, filters), at_one_moment=True) as connection:
        edge = _head(connection, clinic) or RightEdge()
        wanted = _in_order(_matching(clinic, filters))
        with connection.execution_options(yield_per=_PAGE).execute(wanted) as rows:
            yield edge, (_as_entry(row) for row in rows)


@contextmanager
def leaves(store: Store, clinic: str, size: int) -> Iterator[Iterator[bytes]]:
    """The hashes of the log's first leaves, 32 bytes each, streamed: what proofs are made from."""
    wanted = (
        select(audit_records.c.leaf)
        .where(audit_records.c.clinic == clinic, audit_records.c.leaf_index < size)
        .order_by(audit_records.c.leaf_index)
    )
    with (
        store.asking(whole_clinic(clinic)) as connection,
        connection.execution_options(yield_per=_PAGE).execute(wanted) as rows,
    ):
        yield (bytes(row.leaf) for row in rows)


def has(connection: Connection, record: Record) -> bool:
    """Whether this very record stands in its clinic's log."""
    tell(connection, whole_clinic(record.clinic))
    this = (audit_records.c.clinic == record.clinic, audit_records.c.id == record.id)
    return connection.execute(select(audit_records.c.id).where(*this)).first() is not None


def clinics(store: Store) -> list[str]:
    """The clinics that have a log. Whoever verifies brings a list of their own: a whole log can be dropped (T44)."""
    with store.asking(whole_house()) as connection:
        return list(connection.scalars(select(audit_heads.c.clinic).order_by(audit_heads.c.clinic)))


def keep_checkpoint(connection: Connection, clinic: str, size: int, note: str, signed_at: datetime) -> None:
    """Keep a signed note; a second one for the same size is refused by its key."""
    connection.execute(insert(checkpoints).values(clinic=clinic, size=size, note=note, signed_at=signed_at))


def last_checkpoint(store: Store, clinic: str) -> StoredCheckpoint | None:
    """The note signed for this clinic about the most records, or None."""
    return _checkpoint(store, clinic, select(checkpoints).order_by(checkpoints.c.size.desc()).limit(1))


def checkpoint_at(store: Store, clinic: str, size: int) -> StoredCheckpoint | None:
    """The note signed for this clinic about so many records, or None."""
    return _checkpoint(store, clinic, select(checkpoints).where(checkpoints.c.size == size))


def _checkpoint(store: Store, clinic: str, wanted: Select[Any]) -> StoredCheckpoint | None:
    with store.asking(whole_clinic(clinic)) as connection:
        row = connection.execute(wanted.where(checkpoints.c.clinic == clinic)).one_or_none()
    return None if row is None else StoredCheckpoint(row.size, row.note, row.signed_at)


def _append_to(connection: Connection, clinic: str, new: list[Record]) -> None:
    tell(connection, whole_clinic(clinic))
    edge = _locked_head(connection, clinic)
    entries = [placed(edge.size + offset, record) for offset, record in enumerate(new)]
    grown = edge.extend(entry.leaf_hash() for entry in entries)
    connection.execute(insert(audit_records), [_as_row(clinic, entry) for entry in entries])
    connection.execute(
        update(audit_heads)
        .where(audit_heads.c.clinic == clinic)
        .values(size=grown.size, edge=grown.as_bytes())
    )


def _locked_head(connection: Connection, clinic: str) -> RightEdge:
    known = _head(connection, clinic, lock=True)
    if known is None:
        connection.execute(_BEGIN_LOG, {"clinic": clinic, "edge": b""})
        known = _head(connection, clinic, lock=True)
    if known is None:
        raise LookupError("the log has no head")
    return known


def _head(connection: Connection, clinic: str, lock: bool = False) -> RightEdge | None:
    wanted = select(audit_heads).where(audit_heads.c.clinic == clinic)
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    return None if row is None else RightEdge.of_bytes(row.size, bytes(row.edge))


_COLUMNS: Select[Any] = select(
    audit_records.c.leaf_index,
    audit_records.c.recorded,
    audit_records.c.digest,
    audit_records.c.record,
    audit_records.c.leaf,
    audit_records.c.id,
    audit_records.c.deed,
    audit_records.c.outcome,
    audit_records.c.patient,
    audit_records.c.person,
)


def _in_order(conditions: list[ColumnElement[bool]]) -> Select[Any]:
    return _COLUMNS.where(*conditions).order_by(audit_records.c.leaf_index)


def _reach(clinic: str, asked: AuditFilter) -> Reach:
    # Who asks about one patient needs nobody else's records.
    return whole_clinic(clinic) if asked.patient is None else of_patients(clinic, frozenset((asked.patient,)))


def _matching(clinic: str, asked: AuditFilter) -> list[ColumnElement[bool]]:
    column = audit_records.c
    conditions: tuple[tuple[Any, Callable[[Any], ColumnElement[bool]]], ...] = (
        (asked.ids, column.id.in_),
        (asked.patient, column.patient.__eq__),
        (asked.person, column.person.__eq__),
        (asked.deeds, column.deed.in_),
        (asked.outcomes, column.outcome.in_),
        (asked.since, column.recorded.__ge__),
        (asked.before, column.recorded.__lt__),
    )
    return [column.clinic == clinic, *(say(value) for value, say in conditions if value is not None)]


def _as_row(clinic: str, entry: LogEntry) -> dict[str, object]:
    return {
        "clinic": clinic,
        "leaf_index": entry.index,
        "recorded": entry.recorded,
        "digest": entry.digest,
        "record": (entry.canonical or b"").decode(),
        "leaf": entry.leaf,
    } | (asdict(entry.filed) if entry.filed else {})


def _as_entry(row: Any) -> LogEntry:
    filed = Filed(row.id, row.deed, row.outcome, row.patient, row.person)
    return LogEntry(row.leaf_index, row.recorded, row.digest, row.record.encode(), bytes(row.leaf), filed)
