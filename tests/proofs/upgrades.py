"""An upgrade is killed with SIGKILL at every statement while rows as of old are written; run again, it is whole.

Fault matrix F35, F36 and C4: from an empty database and from each version's data, on SQLite and on PostgreSQL. A kill
counts only where the operating system says that the process ended by that signal.
"""

import random
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import MetaData, create_engine
from sqlalchemy.engine import make_url

from service.store import migrating
from tests.killing.databases import a_server
from tests.killing.upgrading import killed_at, rows_of, statements_of, writing
from tests.proofs.figures import Figures, at_least, exactly
from tests.store.test_upgrading import written_by_0_1_0
from tests.store.test_upgrading_from_0_2 import rows_of_today, written_by_0_2_0

DEFAULT_N = 2000  # more than there are: every statement
CI_N = 24
NEEDS = ("postgres",)

_VERSIONS = ("empty", "0.1.0", "0.2.0")
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Beginning:
    """A database as a version left it, to be copied for each kill; `tables` as that version knew them."""

    version: str
    url: str
    tables: MetaData
    statements: int


@dataclass
class Tally:
    """What the kills met, and what was different afterwards."""

    killed: int = 0
    unrepaired: int = 0
    differing: int = 0
    written: int = 0
    lost: int = 0


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n kills, or one at each statement of each beginning where n is more; every one is repaired by the next run."""
    with ExitStack() as ending:
        server = ending.enter_context(a_server())
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="upgrades-")))
        beginnings = [one for kind in ("sqlite", "postgresql") for one in _beginnings(kind, server, folder)]
        places = [(one, at) for one in beginnings for at in range(one.statements)]
        chosen = places if n >= len(places) else random.Random(seed).sample(places, n)
        tally = Tally()
        for number, (beginning, at) in enumerate(chosen, 1):
            with _copy(beginning.url, server, folder) as url:
                _kill_and_repair(beginning, url, at, tally)
            if number % 50 == 0:
                report(f"{number} of {len(chosen)}, {tally.written} rows written beside them")
    return Figures(
        planned=len(chosen),
        injected=tally.killed,
        counted={
            "statements": len(places),
            "beginnings": len(beginnings),
            "written_meanwhile": tally.written,
            "unrepaired": tally.unrepaired,
            "data_diff": tally.differing,
            "lost": tally.lost,
        },
        bars={
            "written_meanwhile": at_least(1),
            "unrepaired": exactly(0),
            "data_diff": exactly(0),
            "lost": exactly(0),
        },
    )


def _kill_and_repair(beginning: Beginning, url: str, at: int, tally: Tally) -> None:
    before = rows_of(url, beginning.tables)
    if beginning.version == "empty":
        _killed(url, at, tally)
        migrating.upgrade(url)
    else:
        with writing(url, beginning.tables) as writer:
            _killed(url, at, tally)
            migrating.upgrade(url)
        after = rows_of(url, beginning.tables)
        kept = {row[_named(beginning.tables, "entries", "id")] for row in after["entries"]}
        tally.written += len(writer.acknowledged)
        tally.lost += len(set(writer.acknowledged) - kept)
        tally.differing += sum(len(rows - after[name]) for name, rows in before.items())
    tally.unrepaired += not _is_current(url)


def _named(tables: MetaData, table: str, column: str) -> int:
    return list(tables.tables[table].columns.keys()).index(column)


def _killed(url: str, at: int, tally: Tally) -> None:
    child = killed_at(url, at)
    child.join(_PATIENCE)
    tally.killed += child.exitcode == -signal.SIGKILL


def _is_current(url: str) -> bool:
    engine = create_engine(url)
    with engine.connect() as connection:
        current = migrating.is_current(connection)
    engine.dispose()
    return current


def _beginnings(kind: str, server: str, folder: Path) -> Iterator[Beginning]:
    """A database of this kind as each version left it, and how many statements an upgrade of it takes."""
    for version in _VERSIONS:
        url = _new(kind, server, folder)
        tables = _as_of(version, url, folder)
        with _copy(url, server, folder) as copy:
            yield Beginning(version, url, tables, len(statements_of(copy)))


def _as_of(version: str, url: str, folder: Path) -> MetaData:
    if version == "empty":
        return MetaData()
    if version == "0.1.0":
        engine, tables = written_by_0_1_0(url)
    else:
        with tempfile.TemporaryDirectory(dir=folder) as today:
            engine, tables = written_by_0_2_0(url, rows_of_today(Path(today)))
    engine.dispose()
    return tables


def _new(kind: str, server: str, folder: Path, like: str = "template1") -> str:
    name = f"upgrade_{secrets.token_hex(8)}"
    if kind == "sqlite":
        return f"sqlite:///{folder / name}.sqlite"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    address = psycopg.conninfo.conninfo_to_dict(server)
    return f"postgresql+psycopg://{address['user']}@/{name}?host={address['host']}"


@contextmanager
def _copy(url: str, server: str, folder: Path) -> Iterator[str]:
    """The same database once more, and gone afterwards."""
    original = str(make_url(url).database)
    if not url.startswith("sqlite"):
        copy = _new("postgresql", server, folder, like=original)
        yield copy
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{make_url(copy).database}" WITH (FORCE)')
        return
    copy = _new("sqlite", server, folder)
    for end in ("", "-wal"):
        if Path(original + end).exists():
            shutil.copy(original + end, str(make_url(copy).database) + end)
    yield copy
    for end in ("", "-wal", "-shm"):
        Path(str(make_url(copy).database) + end).unlink(missing_ok=True)
