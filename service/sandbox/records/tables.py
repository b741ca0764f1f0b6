"""The tables of the record system, and the connection that every statement goes through.

They stand apart from the store so that the promise of the ledger can be read in one place: the database itself
refuses to change or remove a version that was once committed.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

# Each statement by itself: `executescript` would commit behind the back of whoever opened a transaction.
SCHEMA = (
    """CREATE TABLE IF NOT EXISTS ledger (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        instant INTEGER NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (type, id, version)
    )""",
    """CREATE TRIGGER IF NOT EXISTS ledger_is_not_rewritten BEFORE UPDATE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER IF NOT EXISTS ledger_is_not_shortened BEFORE DELETE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE VIEW IF NOT EXISTS current AS
        SELECT * FROM ledger AS l
        WHERE l.version = (SELECT max(m.version) FROM ledger AS m WHERE m.type = l.type AND m.id = l.id)""",
    """CREATE TABLE IF NOT EXISTS search_value (
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        param TEXT NOT NULL,
        system TEXT NOT NULL,
        value TEXT NOT NULL,
        folded TEXT NOT NULL,
        low INTEGER,
        high INTEGER
    )""",
    # What a Subscription has beside its resource: whose it is, its secret headers, how many events it had, and when
    # its endpoint last took something.
    """CREATE TABLE IF NOT EXISTS subscription (
        id TEXT PRIMARY KEY,
        client TEXT NOT NULL,
        headers TEXT NOT NULL,
        events INTEGER NOT NULL,
        said INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS notice (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        subscription TEXT NOT NULL,
        kind TEXT NOT NULL,
        event INTEGER NOT NULL,
        instant INTEGER NOT NULL,
        focus TEXT,
        first INTEGER NOT NULL
    )""",
    # What waits for a reviewer, and what was turned away for good.
    """CREATE TABLE IF NOT EXISTS held (
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        turned_away INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (type, id)
    )""",
    "CREATE INDEX IF NOT EXISTS by_value ON search_value (type, param, value, id)",
    "CREATE INDEX IF NOT EXISTS by_time ON search_value (type, param, low, high, id)",
    "CREATE INDEX IF NOT EXISTS by_resource ON search_value (type, id, param)",
)


def connect(path: Path) -> sqlite3.Connection:
    """Open the record system's file, made on first use; transactions are begun by hand."""
    sql = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    sql.execute("PRAGMA journal_mode = WAL")
    # What was answered with 201 outlives a power cut too: the ledger is the judge in fault tests.
    sql.execute("PRAGMA synchronous = FULL")
    sql.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA:
        sql.execute(statement)
    sql.execute("COMMIT")
    return sql
