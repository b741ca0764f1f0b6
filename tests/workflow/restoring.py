"""A backup of a running world's database, taken while it serves, and put back under it as an operator would."""

import sqlite3
from contextlib import closing
from pathlib import Path

from service.workflow.begin_generation import Begun, begin_generation
from tests.world import CLINIC, World


def back_up(world: World, to: Path) -> Path:
    """SQLite's own online backup, as `sqlite3 journal.sqlite ".backup …"` makes it beside a server that writes."""
    with (
        closing(sqlite3.connect(world.folder / "journal.sqlite")) as live,
        closing(sqlite3.connect(to)) as copy,
    ):
        live.backup(copy)
    return to


def put_back(world: World, backup: Path) -> Begun:
    """The service rests, the older database stands in the place of the newer one, and the operator says so."""
    world.desk.store.close()
    for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"):
        (world.folder / name).unlink(missing_ok=True)
    (world.folder / "journal.sqlite").write_bytes(backup.read_bytes())
    return begin_generation(world.desk, CLINIC)
