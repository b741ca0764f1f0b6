"""The database's file can only be read: nobody is told that anything is kept; each commit asks for a sync (F31)."""

from pathlib import Path

import pytest

from service.journal.problems import TooBusy
from service.store import audit_trail
from service.store.engine import Store, open_store
from tests.store.builders import seal
from tests.store.test_faults import CLINIC, keep, served


def let_write(store: Store, *, may: bool) -> None:
    """On the writer's one connection, past its transactions: not even these can begin on what is read only."""
    raw = store.writer_engine.raw_connection()
    raw.cursor().execute(f"PRAGMA query_only = {'OFF' if may else 'ON'}")
    raw.close()


def test_a_file_that_can_only_be_read_is_too_busy_and_heals(tmp_path: Path) -> None:
    """SQLite itself refuses each write, as after a disk was mounted anew; reading goes on."""
    with served(f"sqlite:///{tmp_path / 'journal.db'}") as (store, writer):
        let_write(store, may=False)
        for _ in range(3):
            with pytest.raises(TooBusy):
                keep(writer)
        assert (audit_trail.count(store, CLINIC), writer.is_alive) == (1, True)

        let_write(store, may=True)
        keep(writer)
        assert audit_trail.count(store, CLINIC) == 2


def test_every_connection_waits_for_the_disk_before_a_commit_is_one(tmp_path: Path) -> None:
    """The settings by which SQLite syncs at each commit stand on each connection, however it came into the pool."""
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    store = open_store(url, seal())
    for engine in (store.reader, store.writer_engine):
        held = [engine.raw_connection() for _ in range(3)]
        for one in held:
            asked = one.cursor()
            said = [asked.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
            assert said == ["wal", 2]
        for one in held:
            one.close()
    store.close()
