"""The assigned sets as they are kept, and which of them the record system has not got yet; no words of a patient."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from service.access.context import AccessContext
from service.journal.assigned import AssignedSet, AssignedStatus
from service.journal.conditions import Sort
from service.journal.questions import AssignedQuery
from service.store import conditions, merges
from service.store.course_tables import assigned_sets
from service.store.engine import Store
from service.store.reach import own_rows
from service.store.row_security import tell, whole_clinic

_COLUMNS = tuple(AssignedSet.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Writing:
    """How far the record system is with one assigned set: the version it has (0: none), and the tries since.

    `after` is the instant from which it may be tried (again), None for at once.
    """

    version: int
    attempts: int
    after: datetime | None
    reason: str | None


# --- questions -------------------------------------------------------------------------------------------------


def assigned_of(
    store: Store, context: AccessContext, patient_ids: Collection[str]
) -> tuple[AssignedSet, ...]:
    """Every assigned set of these patients, in the order in which they were assigned; none out of reach."""
    of_patients = assigned_sets.c.patient_id.in_(sorted(patient_ids))
    return _read(store, context, *own_rows(context, assigned_sets), of_patients, order=_BY_AUTHORED)


def by_id(store: Store, context: AccessContext, assigned_id: str) -> AssignedSet | None:
    """The assigned set with this id, or None."""
    found = _read(store, context, *own_rows(context, assigned_sets), assigned_sets.c.id == assigned_id)
    return found[0] if found else None


def find(store: Store, context: AccessContext, query: AssignedQuery) -> tuple[AssignedSet, ...]:
    """The assigned sets that answer the query, one page of them, in the order of their last change unless it says."""
    predicates = [*own_rows(context, assigned_sets), *conditions.said(query.conditions, _FIELDS)]
    order = query.order or _IN_ORDER_OF_CHANGE
    if query.behind is not None:
        predicates.append(conditions.behind(order, query.behind, _FIELDS))
    return _read(store, context, *predicates, order=conditions.ordered(order, _FIELDS), limit=query.limit)


def count(store: Store, context: AccessContext, query: AssignedQuery) -> int:
    """How many assigned sets answer the query on all pages."""
    predicates = (*own_rows(context, assigned_sets), *conditions.said(query.conditions, _FIELDS))
    with store.asking(context) as connection:
        wanted = select(func.count()).select_from(assigned_sets).where(*predicates)
        return int(connection.scalar(wanted) or 0)


def writing_of(store: Store, clinic: str, assigned_id: str) -> Writing | None:
    """How far the record system is with this assigned set, for the worker; None where there is no such set."""
    column = assigned_sets.c
    wanted = select(column.written_version, column.write_attempts, column.write_after, column.write_reason)
    with store.asking(whole_clinic(clinic)) as connection:
        row = connection.execute(wanted.where(*_this(clinic, assigned_id))).one_or_none()
    return None if row is None else Writing(*row)


# --- claiming --------------------------------------------------------------------------------------------------


def claim_unwritten(
    connection: Connection, clinic: str, now: datetime, lease: timedelta, limit: int
) -> list[AssignedSet]:
    """Take what the record system has not got, for `lease`, in the order of change; none where nothing waits.

    A function for `Writer.run_alone`.
    """
    tell(connection, whole_clinic(clinic))
    column = assigned_sets.c
    waiting = (
        select(assigned_sets)
        .where(
            column.clinic == clinic,
            column.version > column.written_version,
            or_(column.write_after.is_(None), column.write_after <= now),
        )
        .order_by(column.changed_at, column.id)
        .limit(limit)
    )
    taken = [_as_assigned(row) for row in connection.execute(waiting.with_for_update(skip_locked=True))]
    these = (column.clinic == clinic, column.id.in_([one.id for one in taken]))
    connection.execute(update(assigned_sets).where(*these).values(write_after=now + lease))
    return taken


def claim_standing(
    connection: Connection, clinic: str, now: datetime, again: timedelta, limit: int
) -> list[AssignedSet]:
    """Take what is asked of patients there and was not looked at for `again`, which then counts from now.

    A function for `Writer.run_alone`.
    """
    tell(connection, whole_clinic(clinic))
    column = assigned_sets.c
    due = (
        select(assigned_sets)
        .where(
            column.clinic == clinic,
            column.status == AssignedStatus.REQUESTED.value,
            column.version == column.written_version,
            or_(column.write_after.is_(None), column.write_after <= now),
        )
        .order_by(column.patient_id, column.id)
        .limit(limit)
    )
    taken = [_as_assigned(row) for row in connection.execute(due.with_for_update(skip_locked=True))]
    these = (column.clinic == clinic, column.id.in_([one.id for one in taken]))
    connection.execute(update(assigned_sets).where(*these).values(write_after=now + again))
    return taken


# --- changes ---------------------------------------------------------------------------------------------------


def keep(connection: Connection, clinic: str, new: AssignedSet) -> None:
    """Keep the set. Version 1 is new; any other replaces exactly the one before it, else LookupError.

    A set moves to another patient only where that patient's record took its own in.
    """
    row = _as_row(clinic, new)
    if new.version == 1:
        connection.execute(insert(assigned_sets), row)
        return
    before = (
        *_this(clinic, new.id),
        assigned_sets.c.patient_id.in_((new.patient_id, *merges.behind(connection, clinic, new.patient_id))),
        assigned_sets.c.version == new.version - 1,
    )
    # What stands there is looked at once a day; a new version is owed at once.
    column = assigned_sets.c
    owed = case((column.written_version == column.version, null()), else_=column.write_after)
    _change(connection, *before, **row, write_after=owed)


def note_written(connection: Connection, clinic: str, assigned_id: str, version: int) -> None:
    """The record system has this version; word of an older one, come late, takes nothing back."""
    newest = case((assigned_sets.c.written_version < version, version), else_=assigned_sets.c.written_version)
    done: dict[str, object] = {"write_after": None, "write_attempts": 0, "write_reason": None}
    _change(connection, *_this(clinic, assigned_id), written_version=newest, **done)


def postpone(connection: Connection, clinic: str, assigned_id: str, at: datetime, reason: str) -> None:
    """Writing it there failed for this reason; it may be tried again from this instant on."""
    attempts = assigned_sets.c.write_attempts + 1
    tried: dict[str, object] = {"write_after": at, "write_attempts": attempts, "write_reason": reason}
    _change(connection, *_this(clinic, assigned_id), **tried)


# --- how -------------------------------------------------------------------------------------------------------

_BY_AUTHORED = (assigned_sets.c.authored_on, assigned_sets.c.id)
_BY_CHANGE = (assigned_sets.c.changed_at, assigned_sets.c.id)
_IN_ORDER_OF_CHANGE = (Sort("changed_at"),)
_FIELDS = {
    name: assigned_sets.c[name]
    for name in ("id", "patient_id", "encounter_id", "status", "authored_on", "changed_at")
}


def _this(clinic: str, assigned_id: str) -> tuple[ColumnElement[bool], ...]:
    return assigned_sets.c.clinic == clinic, assigned_sets.c.id == assigned_id


def _change(connection: Connection, *conditions: ColumnElement[bool], **values: object) -> None:
    this = update(assigned_sets).where(*conditions).values(**values)
    if connection.execute(this.returning(assigned_sets.c.id)).one_or_none() is None:
        raise LookupError("there is no such assigned set at the version before this one")


def _read(
    store: Store,
    context: AccessContext,
    *predicates: ColumnElement[bool],
    order: Sequence[ColumnElement[Any]] = _BY_CHANGE,
    limit: int | None = None,
) -> tuple[AssignedSet, ...]:
    wanted = select(assigned_sets).where(and_(*predicates)).order_by(*order).limit(limit)
    with store.asking(context) as connection:
        return tuple(_as_assigned(row) for row in connection.execute(wanted))


def _as_row(clinic: str, new: AssignedSet) -> dict[str, object]:
    row = {name: getattr(new, name) for name in _COLUMNS}
    return row | {"clinic": clinic, "evidence": json.dumps(new.evidence), "status": new.status.value}


def _as_assigned(row: Row[Any]) -> AssignedSet:
    values = {name: getattr(row, name) for name in _COLUMNS}
    evidence = tuple(json.loads(row.evidence))
    return AssignedSet(**values | {"evidence": evidence, "status": AssignedStatus(row.status)})
