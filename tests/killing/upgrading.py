"""Upgrades that are killed: a child process brings a database up to date and dies at the statement it is told.

While it works, somebody else goes on writing rows as the version before did.
"""

import multiprocessing
import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from service.store import migrating
from service.store.engine import writer_engine
from tests.store.builders import PATIENT
from tests.store.test_upgrading import entry_row, filing_row, head_row, write

_spawning = multiprocessing.get_context("forkserver")
_COMMIT = "COMMIT"


def statements_of(url: str) -> list[str]:
    """What an upgrade of this database says to it, in order, its commit last."""
    said: list[str] = []
    engine = writer_engine(url)
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: said.append(statement))
    migrating.upgrade_on(engine)
    engine.dispose()
    return [*said, _COMMIT]


def upgrade_and_die(url: str, at: int) -> None:
    """In a process of its own: upgrade, and end by SIGKILL before this statement."""
    seen = 0

    def counted(*_: object) -> None:
        nonlocal seen
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    engine = writer_engine(url)
    event.listen(engine, "before_cursor_execute", counted)
    event.listen(engine, "commit", counted)
    migrating.upgrade_on(engine)


def killed_at(url: str, at: int) -> BaseProcess:
    """The child that was to die there; its exit code says whether it did."""
    _spawning.set_forkserver_preload(["tests.killing.upgrading"])
    child = _spawning.Process(target=upgrade_and_die, args=(url, at), daemon=True)
    child.start()
    return child


@dataclass
class OldWriter:
    """Writes entries as 0.1.0 does, one after another, and keeps the names of those whose commit was acknowledged."""

    engine: Engine
    tables: MetaData
    acknowledged: list[str] = field(default_factory=list)
    _ends: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Write until told to end."""
        while not self._ends.is_set():
            name = f"entry-{uuid.uuid4()}"
            rows = (
                ("entries", [head_row(name, PATIENT, None)]),
                ("entry_versions", [entry_row(name, PATIENT, 1, None)]),
            )
            try:
                with self.engine.begin() as connection:
                    write(connection, self.tables, rows)
            except DBAPIError:
                continue  # the database was locked, or took it back: nobody was told that it was kept
            self.acknowledged.append(name)
            self._ends.wait(0.002)

    def stop(self) -> None:
        """Tell it to end."""
        self._ends.set()


@contextmanager
def writing(url: str, tables: MetaData) -> Iterator[OldWriter]:
    """While the block runs, rows as of old are written."""
    engine = writer_engine(url)
    writer = OldWriter(engine, tables)
    thread = threading.Thread(target=writer.run, daemon=True)
    thread.start()
    try:
        yield writer
    finally:
        writer.stop()
        thread.join()
        engine.dispose()


def rows_of(url: str, tables: MetaData) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of these tables, by the columns that they knew."""
    engine = create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('journal.reach', 'house', true)"))
            connection.execute(text("SELECT set_config('journal.at', 'infinity', true)"))
        rows = {
            name: {tuple(row) for row in connection.execute(table.select())}
            for name, table in tables.tables.items()
            if name != "alembic_version"
        }
    engine.dispose()
    return rows


def serving_as_of_old(url: str, names: list[str]) -> BaseProcess:
    """A process that writes these entries and what they owe as 0.1.0 does; it ends with 0 once all is kept."""
    _spawning.set_forkserver_preload(["tests.killing.upgrading"])
    child = _spawning.Process(target=write_as_of_old, args=(url, names), daemon=True)
    child.start()
    return child


def write_as_of_old(url: str, names: list[str]) -> None:
    """Entry after entry, each with its version and its filing in one transaction, by the columns of 0.1.0."""
    engine, tables = writer_engine(url), MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
    for name in names:
        rows = (
            ("entries", [head_row(name, PATIENT, None)]),
            ("entry_versions", [entry_row(name, PATIENT, 1, None)]),
            ("filings", [filing_row(name, "due")]),
        )
        with engine.begin() as connection:
            write(connection, tables, rows)
    engine.dispose()
