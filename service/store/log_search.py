"""Searching the log: conditions joined as a client asks for them, newest record first, from a place on downwards.

Apart from `audit_trail`, which appends the log and reads it in order. What has no column of its own is looked for in
the record's canonical bytes, in which every member is written in one way only.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, String, and_, func, literal, or_, select, true

from service.audit.leaf import Filed, LogEntry
from service.audit.log_query import Aspect, LogQuery, Span
from service.store.engine import Store
from service.store.log_tables import audit_records
from service.store.row_security import whole_clinic

_PATIENT = "Patient/"
_COLUMNS = audit_records.c
_Predicate = ColumnElement[bool]


def find(store: Store, clinic: str, asked: LogQuery, below: int, limit: int) -> list[LogEntry]:
    """The newest records of this clinic that are asked for, at places below this one; never another clinic's."""
    wanted = (
        select(audit_records)
        .where(*_matching(store, clinic, asked, below))
        .order_by(_COLUMNS.leaf_index.desc())
        .limit(limit)
    )
    with store.asking(whole_clinic(clinic)) as connection:
        return [_as_entry(row) for row in connection.execute(wanted)]


def count(store: Store, clinic: str, asked: LogQuery, below: int) -> int:
    """How many there are at places below this one."""
    wanted = select(func.count()).select_from(audit_records).where(*_matching(store, clinic, asked, below))
    with store.asking(whole_clinic(clinic)) as connection:
        return int(connection.scalar(wanted) or 0)


def _matching(store: Store, clinic: str, asked: LogQuery, below: int) -> list[_Predicate]:
    find_in = func.strpos if store.dialect == "postgresql" else func.instr
    return [
        _COLUMNS.clinic == clinic,
        _COLUMNS.leaf_index < below,
        *(_READ[one.aspect](one.among, find_in) for one in asked.conditions),
        *(or_(*map(_within, spans)) for spans in asked.recorded),
    ]


def _within(span: Span) -> _Predicate:
    begins = true() if span.begins is None else _COLUMNS.recorded >= span.begins
    ends = true() if span.ends is None else _COLUMNS.recorded < span.ends
    return and_(begins, ends)


def _column(column: ColumnElement[Any]) -> Callable[[frozenset[str], Any], _Predicate]:
    return lambda among, _find_in: column.in_(sorted(among))


def _of_patient(among: frozenset[str], _find_in: Any) -> _Predicate:
    """R4: a patient who acted, or whose data it was."""
    persons = sorted(_PATIENT + one for one in among)
    return or_(_COLUMNS.patient.in_(sorted(among)), _COLUMNS.person.in_(persons))


def _touched(among: frozenset[str], find_in: Any) -> _Predicate:
    patients = sorted(one.removeprefix(_PATIENT) for one in among if one.startswith(_PATIENT))
    written = [
        begins for one in among for begins in (_member("what", one), _start("what", f"{one}/_history/"))
    ]
    return or_(_COLUMNS.patient.in_(patients), _any(written, find_in))


def _kinds(among: frozenset[str], find_in: Any) -> _Predicate:
    thing = ~(_any(['"what":null'], find_in) & _any(['"query":null'], find_in))
    kinds: Mapping[str, _Predicate] = {"1": _COLUMNS.patient.is_not(None), "2": thing, "XrequestId": true()}
    return or_(*(kinds[one] for one in sorted(among)), *_never(among))


def _written(*members: str) -> Callable[[frozenset[str], Any], _Predicate]:
    return lambda among, find_in: _any(
        [_member(name, one) for one in sorted(among) for name in members], find_in
    )


def _begun(among: frozenset[str], find_in: Any) -> _Predicate:
    starts = [_start(name, one) for one in sorted(among) for name in ("address", "server")]
    return _any(starts, find_in)


def _any(fragments: Iterable[str], find_in: Any) -> _Predicate:
    found = [find_in(_COLUMNS.record, literal(one, String)) > 0 for one in fragments]
    return or_(*found) if found else ~true()


def _never(among: frozenset[str]) -> list[_Predicate]:
    return [] if among else [~true()]


def _member(name: str, value: str) -> str:
    """A member as canonical JSON writes it; inside a text its quotes would be written with a backslash."""
    return f'"{name}":{json.dumps(value, ensure_ascii=False)}'


def _start(name: str, value: str) -> str:
    return _member(name, value)[:-1]


_READ: Mapping[Aspect, Callable[[frozenset[str], Any], _Predicate]] = {
    Aspect.ID: _column(_COLUMNS.id),
    Aspect.DEED: _column(_COLUMNS.deed),
    Aspect.OUTCOME: _column(_COLUMNS.outcome),
    Aspect.PERSON: _column(_COLUMNS.person),
    Aspect.PATIENT: _of_patient,
    Aspect.NAMED: _written("client", "person", "server"),
    Aspect.ROLE: _written("role"),
    Aspect.WHAT: _touched,
    Aspect.ENTITY: _kinds,
    Aspect.ADDRESS: _begun,
}


def _as_entry(row: Any) -> LogEntry:
    filed = Filed(row.id, row.deed, row.outcome, row.patient, row.person)
    return LogEntry(row.leaf_index, row.recorded, row.digest, row.record.encode(), bytes(row.leaf), filed)
