"""The records themselves: every version ever committed, the current ones, and the way to find them.

It stands apart from the HTTP doors: resources go in and out as dicts, refusals as `Refused`. Who may ask is
the doors' business; here a compartment is only one more condition of a question.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl
from uuid import uuid4

from service.sandbox.records import index, ties
from service.sandbox.records.instants import micros
from service.sandbox.records.kinds import KINDS
from service.sandbox.records.notices import note_event
from service.sandbox.records.paging import Page, page_of
from service.sandbox.records.questions import Condition, condition, sort_key
from service.sandbox.records.refusals import Refused, Resource
from service.sandbox.records.structure import check
from service.sandbox.records.tables import connect
from service.sandbox.records.versions import check_if_match, stamped, without_stamp


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left: the resource as it now stands, and whether it is new."""

    resource: Resource
    created: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search: its resources, how many there are in all, and the mark of the next page."""

    resources: list[Resource]
    total: int
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """One line of the ledger, in the order of commitment."""

    number: int
    at: datetime
    resource: Resource


Then = Callable[[sqlite3.Connection, Resource], None]
"""More that stands or falls with a write: done in its transaction, with the version that was just kept."""


class Records:
    """A record system in one SQLite file; safe to share between threads, and between processes on one machine.

    `on_notice` is called, outside every lock, after a transaction that left somebody a notice.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], datetime],
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._sql = connect(path)
        self._lock = threading.RLock()
        self.clock = clock
        self._new_id = new_id
        self._noted = False
        self.on_notice: Callable[[], None] = _nothing

    def close(self) -> None:
        """Give the file back; what was committed stays."""
        with self._lock:
            self._sql.close()

    def create(
        self,
        resource: Resource,
        if_none_exist: str | None = None,
        compartment: str | None = None,
        then: Then | None = None,
        unseen: frozenset[str] = frozenset(),
    ) -> Written:
        """Keep a new resource under an id of ours; its own id, version and instant are ignored (R4 http, create).

        With `if_none_exist` (search parameters, R4 http, conditional create) one match is returned instead and
        several are refused with 412; question and write are one transaction. A compartment limits the matches, and
        the ids `unseen` are none. `then` is not done where a match was returned.
        """
        check(resource)
        with self.writing():
            if if_none_exist is not None:
                match = self.only_match(resource["resourceType"], if_none_exist, compartment, unseen)
                if match is not None:
                    return Written(match, created=False)
            ties.check_ties(resource, self._patients_of)
            return Written(self._commit(resource, self._new_id(), 1, then), created=True)

    def update(
        self,
        type_: str,
        id_: str,
        resource: Resource,
        if_match: str | None = None,
        then: Then | None = None,
        may_create: bool = False,
    ) -> Written:
        """Put a new version in the place of the current one (R4 http, update).

        Refuses 400 for another id in the body, 405 for an id that is not here unless it `may_create` it, 412 for
        another version than `if_match` names. What changes nothing makes no version. `then` is done either way.
        """
        check(resource)
        if (resource["resourceType"], resource.get("id")) != (type_, id_):
            raise Refused(400, "invariant", "The resource type and id of the body must be those of the URL.")
        with self.writing() as sql:
            current = self._current(type_, id_)
            if current is None and may_create and if_match is None:
                ties.check_ties(resource, self._patients_of)
                return Written(self._commit(resource, id_, 1, then), created=True)
            if current is None:
                raise Refused(405, "not-supported", "A resource can't be created by an update here.")
            version = int(current["meta"]["versionId"])
            check_if_match(if_match, version)
            if without_stamp(current) == without_stamp(resource):
                if then is not None:
                    then(sql, current)
                return Written(current, created=False)
            self._check_same_patient(resource)
            ties.check_ties(resource, self._patients_of)
            return Written(self._commit(resource, id_, version + 1, then), created=False)

    def next_version(self, resource: Resource) -> Resource:
        """A version that the server itself makes of a resource that is here; only within `writing`."""
        current = self._current(resource["resourceType"], resource["id"])
        version = int(_or_not_found(current)["meta"]["versionId"])
        return self._commit(resource, resource["id"], version + 1)

    def place(self, resources: Iterable[Resource]) -> int:
        """Keep resources under their own ids, all or none; those already here are left as they are.

        This is how a record system is filled, not an interaction: what they point at may come later in the
        same list. Returns how many were new.
        """
        with self.writing():
            new = 0
            for resource in resources:
                check(resource)
                if self._current(resource["resourceType"], resource["id"]) is None:
                    self._commit(resource, resource["id"], 1)
                    new += 1
            return new

    def read(self, type_: str, id_: str) -> Resource:
        """The current version; 404 if there is none."""
        with self._lock:
            return _or_not_found(self._current(type_, id_))

    def vread(self, type_: str, id_: str, version: str) -> Resource:
        """One version by its id; 404 if there is none."""
        with self._lock:
            return _or_not_found(
                next((one for one in self._versions(type_, id_) if one["meta"]["versionId"] == version), None)
            )

    def history(self, type_: str, id_: str) -> list[Resource]:
        """Every version, newest first; 404 if there is none."""
        with self._lock:
            found = self._versions(type_, id_)
        _or_not_found(found[0] if found else None)
        return found

    def only_match(
        self, type_: str, query: str, compartment: str | None, unseen: frozenset[str]
    ) -> Resource | None:
        """What the condition of a create finds; 412 where that is several."""
        with self._lock:
            where = self._where(type_, _criteria(query), compartment, unseen)
            sql = f"SELECT body FROM current r WHERE {where.sql} LIMIT 2"  # noqa: S608 -- words of ours, values bound
            bodies = [body for (body,) in self._sql.execute(sql, where.arguments)]
        if len(bodies) > 1:
            raise Refused(412, "multiple-matches", "More than one resource matches If-None-Exist.")
        return json.loads(bodies[0]) if bodies else None

    def search(
        self,
        type_: str,
        params: list[tuple[str, str]],
        compartment: str | None = None,
        unseen: frozenset[str] = frozenset(),
    ) -> Found:
        """What matches every parameter, page by page; within one compartment if an id is given.

        That is a patient's id; for a type whose resources are `owned` it is the client's.
        `_count`, `_sort` and `_page` shape the answer. An unknown parameter is refused with 400. What is `unseen`
        does not match.
        """
        page = page_of(params)
        with self._lock:
            where = self._where(type_, page.criteria, compartment, unseen)
            newest = self._newest() if page.newest is None else page.newest
            total = self._total(where, newest)
            resources = self._page(type_, page, where, newest)
        further = page.offset + len(resources)
        return Found(resources, total, page.after(further, newest) if resources and further < total else None)

    def check_criteria(self, type_: str, criteria: list[tuple[str, str]]) -> None:
        """Refuse with 400 what is no search parameter of the type, or no value of it."""
        self._where(type_, criteria, None)

    def owner_of(self, type_: str, id_: str) -> str | None:
        """The client that made an `owned` resource; None for what has no owner."""
        if not KINDS[type_].owned:
            return None
        with self._lock:
            row = self._sql.execute("SELECT client FROM subscription WHERE id = ?", (id_,)).fetchone()
        return str(row[0]) if row else None

    def patients_of(self, resource: Resource) -> frozenset[str]:
        """The bare ids of the patients that a resource is about, kept here or not yet."""
        with self._lock:
            return frozenset(one.partition("/")[2] for one in ties.patients(resource, self._patients_of))

    def ledger(self) -> Iterator[Committed]:
        """Every version ever committed, in order: the judge of what was filed, how often and when."""
        with self._lock:
            lines = self._sql.execute("SELECT number, instant, body FROM ledger ORDER BY number").fetchall()
        for number, instant, body in lines:
            yield Committed(number, datetime.fromtimestamp(instant / 1_000_000, UTC), json.loads(body))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection for questions that belong together."""
        with self._lock:
            yield self._sql

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone among the writers: kept when the block ends well, undone when it raises."""
        with self._lock:
            self._noted = False
            # IMMEDIATE: the question of a conditional create and its answer stand under one write lock.
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield self._sql
                self._sql.execute("COMMIT")
            finally:
                if self._sql.in_transaction:
                    self._sql.execute("ROLLBACK")
            noted = self._noted
        if noted:
            self.on_notice()

    def _commit(self, resource: Resource, id_: str, version: int, then: Then | None = None) -> Resource:
        now = self.clock()
        type_ = resource["resourceType"]
        stored = stamped(resource, id_, version, now)
        rows = _rows(stored)
        self._sql.execute(
            "INSERT INTO ledger (type, id, version, instant, body) VALUES (?, ?, ?, ?, ?)",
            (type_, id_, version, micros(now), json.dumps(stored, ensure_ascii=False)),
        )
        rows |= {
            index.Row("patient", "Patient", patient) for patient in ties.patients(stored, self._patients_of)
        }
        self._sql.execute("DELETE FROM search_value WHERE type = ? AND id = ?", (type_, id_))
        self._sql.executemany(
            "INSERT INTO search_value VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(type_, id_, r.param, r.system, r.value, r.folded, r.low, r.high) for r in rows],
        )
        if note_event(self._sql, stored, micros(now), self._matches):
            self._noted = True
        if then is not None:
            then(self._sql, stored)
        return stored

    def _matches(self, type_: str, id_: str, criteria: list[tuple[str, str]]) -> bool:
        where = self._where(type_, criteria, None)
        sql = f"SELECT 1 FROM current r WHERE {where.sql} AND r.id = ?"  # noqa: S608 -- words of ours, values bound
        return self._sql.execute(sql, (*where.arguments, id_)).fetchone() is not None

    def _current(self, type_: str, id_: str) -> Resource | None:
        row = self._sql.execute("SELECT body FROM current WHERE type = ? AND id = ?", (type_, id_)).fetchone()
        return json.loads(row[0]) if row else None

    def _versions(self, type_: str, id_: str) -> list[Resource]:
        found = self._sql.execute(
            "SELECT body FROM ledger WHERE type = ? AND id = ? ORDER BY version DESC", (type_, id_)
        )
        return [json.loads(body) for (body,) in found]

    def _patients_of(self, type_: str, id_: str) -> frozenset[str] | None:
        exists = self._sql.execute("SELECT 1 FROM ledger WHERE type = ? AND id = ?", (type_, id_)).fetchone()
        if not exists:
            return None
        found = self._sql.execute(
            "SELECT value FROM search_value WHERE type = ? AND id = ? AND param = 'patient'", (type_, id_)
        )
        return frozenset(value for (value,) in found)

    def _check_same_patient(self, resource: Resource) -> None:
        before = self._patients_of(resource["resourceType"], resource["id"])
        if before != ties.patients(resource, self._patients_of):
            raise Refused(422, "business-rule", "A resource stays with the patient it was written for.")

    def _where(
        self,
        type_: str,
        criteria: list[tuple[str, str]],
        compartment: str | None,
        unseen: frozenset[str] = frozenset(),
    ) -> Condition:
        now = self.clock()
        conditions = [Condition("r.type = ?", (type_,))]
        conditions += [condition(type_, name, text, now) for name, text in criteria]
        if compartment is not None:
            conditions.append(_within(type_, compartment))
        if unseen:
            conditions.append(
                Condition("r.id NOT IN (SELECT value FROM json_each(?))", (json.dumps([*unseen]),))
            )
        return Condition(
            " AND ".join(one.sql for one in conditions),
            tuple(value for one in conditions for value in one.arguments),
        )

    def _newest(self) -> int:
        (number,) = self._sql.execute("SELECT coalesce(max(number), 0) FROM ledger").fetchone()
        return int(number)

    def _total(self, where: Condition, newest: int) -> int:
        sql = f"SELECT count(*) FROM current r WHERE {where.sql} AND {_BORN} <= ?"  # noqa: S608 -- words of ours, values bound
        (total,) = self._sql.execute(sql, (*where.arguments, newest)).fetchone()
        return int(total)

    def _page(self, type_: str, page: Page, where: Condition, newest: int) -> list[Resource]:
        keys = [(sort_key(type_, name), name.startswith("-")) for name in page.sort]
        # Numbers of birth end every order, so that it is total and a page can't show a resource twice.
        order = ", ".join(
            [f"{key.sql} {'DESC' if down else 'ASC'} NULLS LAST" for key, down in keys] + [_BORN]
        )
        sql = f"SELECT r.body FROM current r WHERE {where.sql} AND {_BORN} <= ? ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 -- words of ours, values bound
        sorting = tuple(value for key, _ in keys for value in key.arguments)
        found = self._sql.execute(sql, (*where.arguments, newest, *sorting, page.count, page.offset))
        return [json.loads(body) for (body,) in found]


_BORN = "(SELECT min(b.number) FROM ledger b WHERE b.type = r.type AND b.id = r.id AND b.version = 1)"


def _nothing() -> None:
    """Nobody waits for notices."""


def _within(type_: str, patient: str) -> Condition:
    if KINDS[type_].owned:
        return Condition("r.id IN (SELECT s.id FROM subscription s WHERE s.client = ?)", (patient,))
    return Condition(
        "r.id IN (SELECT v.id FROM search_value v WHERE v.type = ? AND v.param = 'patient' AND v.value = ?)",
        (type_, f"Patient/{patient}"),
    )


def _criteria(query: str) -> list[tuple[str, str]]:
    try:
        criteria = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    except ValueError as broken:
        raise Refused(400, "value", "If-None-Exist holds search parameters only.") from broken
    if not criteria:
        # No criterion would match every resource of the type.
        raise Refused(400, "value", "If-None-Exist is empty.")
    return criteria


def _rows(resource: Resource) -> set[index.Row]:
    try:
        json.dumps(resource, ensure_ascii=False).encode()
        return index.rows(resource)
    except (AttributeError, TypeError, ValueError) as misshapen:
        raise Refused(400, "structure", "An element has not the shape that R4 gives it.") from misshapen


def _or_not_found(resource: Resource | None) -> Resource:
    if resource is None:
        raise Refused(404, "not-found", "There is no such resource here.")
    return resource
