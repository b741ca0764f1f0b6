"""Whether the database's file is whole and has room: asked before anything is served from it (F30, F39)."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url

_LONGEST_CHECK = 60.0  # seconds: a start that waits for ever is an outage, too
_EVERY = 10_000  # steps of SQLite's machine between two looks at the clock


class Damaged(RuntimeError):
    """The database's file is damaged. Nothing is served from it; docs/restoring.md tells of backups."""


def check_file(url: str, seconds: Callable[[], float]) -> None:
    """Have SQLite look at every page of its file, for a minute at the most; Damaged where something is wrong with it.

    `seconds` is a clock that only goes forward. A file that is not there yet is no damage. PostgreSQL looks after its
    pages itself (data checksums), so nothing is asked there.
    """
    file = _file_of(url)
    if file is None or not file.exists() or file.stat().st_size == 0:
        return
    try:
        found = _look(file, seconds)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        found = str(error)  # what SQLite says of a damaged file may quote the damage, which is no text
    if found not in ("ok", "interrupted"):
        raise Damaged(f"{file}: {Damaged.__doc__} (SQLite says: {found.splitlines()[0]})")


def free_bytes(url: str) -> int | None:
    """How much the disk that holds the database's file can still take; None where it is not ours to see."""
    file = _file_of(url)
    return None if file is None else shutil.disk_usage(file.parent).free


def _file_of(url: str) -> Path | None:
    address = make_url(url)
    return Path(str(address.database)) if address.get_backend_name() == "sqlite" else None


def _look(file: Path, seconds: Callable[[], float]) -> str:
    until = seconds() + _LONGEST_CHECK
    # Read and write, as whoever serves: what was left in the write-ahead log is part of the file.
    connection = sqlite3.connect(f"file:{file}?mode=rw", uri=True)
    try:
        connection.text_factory = lambda told: told.decode(errors="replace")
        connection.set_progress_handler(lambda: seconds() > until, _EVERY)
        (told,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        return str(told)
    finally:
        connection.close()
