"""Documents that a reviewer must let in (US Core 9, mediated submission): held, let in, or turned away.

They stand apart from the ledger, which keeps what was sent either way and is never rewritten: here stands only which
of it the record system shows.
"""

from __future__ import annotations

import sqlite3

from service.sandbox.records.refusals import Resource
from service.sandbox.records.store import Records


def hold(sql: sqlite3.Connection, resource: Resource) -> None:
    """Keep the new resource for a reviewer; within the transaction that made it."""
    sql.execute("INSERT INTO held (type, id) VALUES (?, ?)", (resource["resourceType"], resource["id"]))


def held(records: Records, type_: str) -> frozenset[str]:
    """The ids of this type that nobody has let in yet, those turned away among them."""
    with records.reading() as sql:
        return frozenset(id_ for (id_,) in sql.execute("SELECT id FROM held WHERE type = ?", (type_,)))


def turned_away(records: Records, type_: str) -> frozenset[str]:
    """The ids of this type that a reviewer has refused."""
    with records.reading() as sql:
        found = sql.execute("SELECT id FROM held WHERE type = ? AND turned_away", (type_,))
        return frozenset(id_ for (id_,) in found)


def let_in(records: Records, type_: str, id_: str) -> None:
    """The reviewer takes it: from now on it stands in the record like any other."""
    with records.writing() as sql:
        sql.execute("DELETE FROM held WHERE type = ? AND id = ?", (type_, id_))


def turn_away(records: Records, type_: str, id_: str) -> None:
    """The reviewer refuses it: it is never shown to anybody, nor counted as being here."""
    with records.writing() as sql:
        sql.execute("UPDATE held SET turned_away = 1 WHERE type = ? AND id = ?", (type_, id_))
