"""The authorization server's own small database: one SQLite file, one short transaction per deed."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
create table if not exists opaque_token (digest text primary key, claims text not null, expires integer not null);
create table if not exists revoked_token (digest text primary key, expires integer not null);
create index if not exists opaque_token_expires on opaque_token (expires);
create index if not exists revoked_token_expires on revoked_token (expires);
"""


class Database:
    """A file of tables behind one connection, which all threads share and one at a time uses.

    One connection stays open because the last one to close a write-ahead log folds it up, and the next to come
    pays for it: 7 ms a question.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        """Give the file back; what was committed stays."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection for questions."""
        with self._lock:
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone among the writers: kept when the block ends well, undone when it raises."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")


def digest(secret: str) -> str:
    """What the database keeps in place of a code or token, so that a copy of the file opens nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
