"""Opening the database: one engine that can only read, one that writes, and what each dialect needs to be safe.

The reader is read-only by the database's own word, so a stray write raises. The writer engine belongs to
`store.writer` and to migrations, and to nobody else.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from service.access.context import AccessContext
from service.journal.problems import TooBusy
from service.store.row_security import Reach, tell, within
from service.store.sealing import Seal
from service.store.transaction import is_passing, name_of

_log = logging.getLogger(__name__)

_BUSY_MILLISECONDS = 5_000
_LOCK_MILLISECONDS = 2_000
_PAGE_CACHE_KIB = 2_048  # per connection: memory grows with every thread that reads
_READERS = 16


@dataclass(frozen=True, slots=True)
class Store:
    """The open database: `asking` for every question, `writer_engine` for the writer alone, and the seal.

    On PostgreSQL a connection taken from `reader` itself sees no row: nobody told it how far it reaches.
    """

    reader: Engine
    writer_engine: Engine
    seal: Seal

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self.writer_engine.dialect.name

    @contextmanager
    def asking(self, who: AccessContext | Reach, *, at_one_moment: bool = False) -> Iterator[Connection]:
        """A connection for one question that reaches as far as the asker does, by PostgreSQL's own word (T7).

        With `at_one_moment` every statement on it sees the database as it was at the first. TooBusy where the database
        cannot be asked just now: it is locked, or its server stops, starts or is being taken over from (F29, F33).
        """
        try:
            with self.reader.connect() as connection:
                if at_one_moment and self.dialect == "postgresql":
                    connection.execution_options(isolation_level="REPEATABLE READ")
                tell(connection, who if isinstance(who, Reach) else within(who))
                yield connection
        except DBAPIError as error:
            if not is_passing(error):
                raise
            _log.warning("a question was not answered: %s", name_of(error))
            raise TooBusy from None

    def close(self) -> None:
        """Give all connections back."""
        self.reader.dispose()
        self.writer_engine.dispose()


def open_store(url: str, seal: Seal) -> Store:
    """The store at this address ("sqlite:///file" or "postgresql+psycopg://…"); ValueError for any other kind.

    Opening asks nothing of the database yet; its tables come from `store.migrating.upgrade`.
    """
    return Store(reader_engine(url), writer_engine(url), seal)


def reader_engine(url: str) -> Engine:
    """An engine whose connections the database itself keeps from writing."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, begin="BEGIN", extra=("PRAGMA query_only=ON",))
    return _postgresql(address, {"default_transaction_read_only": "on"}, _READERS)


def writer_engine(url: str) -> Engine:
    """The engine that may write: on SQLite its transactions hold the write lock from their first statement."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, begin="BEGIN IMMEDIATE", extra=())
    return _postgresql(address, {"lock_timeout": str(_LOCK_MILLISECONDS), "synchronous_commit": "on"}, 1)


def _sqlite(address: URL, begin: str, extra: tuple[str, ...]) -> Engine:
    if address.database in (None, "", ":memory:"):
        raise ValueError("the database has to be a file")
    _make_private(Path(str(address.database)))
    engine = create_engine(address, hide_parameters=True, pool_size=_READERS, max_overflow=_READERS)
    event.listen(engine, "connect", _SqliteOpening(extra))
    event.listen(engine, "begin", _Begin(begin))
    return engine


def _make_private(file: Path) -> None:
    # The WAL and its index take the mode of the database file: journals are for one account only.
    if not file.exists():
        file.touch(mode=0o600)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _SqliteOpening:
    extra: tuple[str, ...]

    def __call__(self, raw: sqlite3.Connection, _record: object) -> None:
        # The driver's own BEGIN comes late and not before DDL; with None it leaves transactions to us.
        raw.isolation_level = None
        for pragma in (
            f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}",
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "PRAGMA foreign_keys=ON",
            f"PRAGMA cache_size=-{_PAGE_CACHE_KIB}",
            "PRAGMA mmap_size=0",
            "PRAGMA temp_store=MEMORY",  # no words in temporary files
            *self.extra,
        ):
            raw.execute(pragma)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Begin:
    statement: str

    def __call__(self, connection: Connection) -> None:
        connection.exec_driver_sql(self.statement)


def _postgresql(address: URL, settings: dict[str, str], size: int) -> Engine:
    if address.get_backend_name() != "postgresql":
        raise ValueError("the database has to be SQLite or PostgreSQL")
    words = " ".join(f"-c {name}={value}" for name, value in settings.items())
    arguments: dict[str, Any] = {
        "options": words,
        "connect_timeout": 5,
        "application_name": "infusion-journal",
    }
    return create_engine(
        address,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=size,
        max_overflow=size,
        pool_pre_ping=True,
        connect_args=arguments,
    )
