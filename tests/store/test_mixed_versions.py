"""Replicas are replaced one by one: 0.1.0 and this version write into one database, from two processes (F36)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.journal.entries import FilingState
from service.store import audit_trail, entries, filings, migrating
from service.store.deeds import Deed, EntryIsAt, QueueFiling, SaveEntryVersion
from service.store.engine import Store, open_store
from service.store.writer import Writer
from tests.killing.upgrading import serving_as_of_old
from tests.store.builders import CLINIC, NOW, PATIENT, context, entry, filing, record, seal
from tests.store.test_upgrading import written_by_0_1_0

OLD = [f"old-{number}" for number in range(60)]
NEW = [f"new-{number}" for number in range(60)]


@pytest.fixture
def upgraded(empty_url: str) -> Iterator[tuple[str, Store]]:
    """A database that 0.1.0 served and this version has upgraded."""
    engine, _ = written_by_0_1_0(empty_url)
    engine.dispose()
    migrating.upgrade(empty_url)
    store = open_store(empty_url, seal())
    yield empty_url, store
    store.close()


def test_two_versions_write_at_once_and_each_reads_what_the_other_wrote(
    upgraded: tuple[str, Store],
) -> None:
    url, store = upgraded
    writer = Writer(store)
    writer.start()
    beside = serving_as_of_old(url, OLD)
    for name in NEW:
        owed = QueueFiling(filing(f"filing of {name}", name))
        writer.perform(Deed(CLINIC, (), (SaveEntryVersion(entry(name)), owed), (record(),)))
    beside.join(60)
    assert beside.exitcode == 0
    assert {one for one in (*OLD, *NEW) if entries.by_id(store, context(), one) is None} == set()

    # The outbox of one is taken up by the other; the entries of one are amended by the other.
    for name in OLD:
        amended = entry(name, 2)
        writer.perform(Deed(CLINIC, (EntryIsAt(name, PATIENT, 1),), (SaveEntryVersion(amended),)))
    owed_now = {
        one.entry_id for one in filings.open_filings(store, CLINIC, NOW) if one.state is FilingState.DUE
    }
    assert owed_now >= {*OLD, *NEW}
    claimed = writer.run_alone(
        lambda connection: filings.claim_next(connection, seal(), CLINIC, NOW, timedelta(minutes=2), "worker")
    )
    assert claimed is not None
    assert _seen_by_old(store) == {*NEW, *OLD}
    assert audit_trail.head(store, CLINIC).size == 2 + len(NEW)
    writer.stop()


def _seen_by_old(store: Store) -> set[str]:
    """What 0.1.0's own question finds of these, by the columns that it knew, as the owner of the tables."""
    asked = "SELECT id FROM entries WHERE clinic = :clinic AND status = 'completed' AND version >= 1"
    with store.writer_engine.connect() as connection:
        found = set(connection.scalars(text(asked), {"clinic": CLINIC}))
    return {one for one in found if one.startswith(("old-", "new-"))}
