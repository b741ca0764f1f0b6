"""The authorization server's own small database: one SQLite file, one short transaction per deed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
create table if not exists approval (
    id text primary key, client_id text not null, subject text not null, fhir_user text not null,
    scope text not null, audience text not null, patient text, encounter text, banner integer not null,
    nonce text, opened integer not null, ended integer);
create table if not exists credential (
    digest text primary key, kind text not null check (kind in ('code', 'refresh')),
    approval text not null references approval(id), redirect_uri text, challenge text,
    expires integer not null, used integer not null default 0);
create table if not exists launch (
    digest text primary key, client_id text not null, fhir_user text not null, patient text, encounter text,
    banner integer not null, expires integer not null, used integer not null default 0);
create table if not exists request (
    digest text primary key, parameters text not null, fhir_user text, patient text, encounter text,
    expires integer not null);
create table if not exists assertion (
    client_id text not null, jti text not null, expires integer not null, primary key (client_id, jti));
create index if not exists assertion_expires on assertion (expires);
"""


class Database:
    """A file of tables; each `reading` or `writing` block has a connection of its own and may be in any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._connect()) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.executescript(SCHEMA)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for questions."""
        with closing(self._connect()) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone among the writers: kept when the block ends well, undone when it raises."""
        with closing(self._connect()) as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("pragma synchronous = full")
        return connection


def digest(secret: str) -> str:
    """What the database keeps in place of a code or token, so that a copy of the file opens nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
