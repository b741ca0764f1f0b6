"""A database that version 0.2.0 wrote: the step to client tokens adds two tables and touches nothing that was there."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, create_engine, inspect, text

from service.audit.verify import verify
from service.store import audit_trail, client_tokens, entries, sessions
from service.store.changes import apply
from service.store.deeds import (
    Change,
    KeepAssigned,
    KeepCheckpoint,
    KeepFinding,
    KeepMerge,
    KeepNotice,
    KeepSummary,
    QueueFiling,
    RememberEncounters,
    SaveDraft,
    SaveEntryVersion,
    SaveRuling,
)
from service.store.engine import Store, open_store, writer_engine
from service.store.row_security import tell, whole_clinic
from service.store.writer import Writer
from tests.store.builders import (
    CLINIC,
    NOW,
    PATIENT,
    assigned_set,
    context,
    draft,
    entry,
    filing,
    launch,
    record,
    ruling,
    seal,
    visit,
)
from tests.store.test_client_tokens import GIVEN, SHOWN
from tests.store.test_upgrading import everything, upgrade_to

# Nothing that the tables of 0.2.0 hold has changed its form since, so today's code writes them as 0.2.0 did.
WRITTEN: tuple[Change, ...] = (
    SaveDraft(draft()),
    SaveEntryVersion(entry()),
    QueueFiling(filing()),
    KeepSummary("filing-1", b"%PDF-1.7", "sha"),
    RememberEncounters(PATIENT, (), NOW),
    SaveRuling(ruling()),
    KeepAssigned(assigned_set()),
    KeepMerge("old", PATIENT, NOW),
    KeepNotice("enc-1", NOW),
    KeepFinding(since=NOW, looked_at=NOW, due_at=NOW),
    KeepCheckpoint(2, "a note", NOW),
)


@pytest.fixture
def second(empty_url: str) -> Iterator[tuple[Engine, MetaData]]:
    """The database at 0.2.0 with data, and the tables as 0.2.0 knew them."""
    upgrade_to(empty_url, "0002")
    engine = writer_engine(empty_url)
    tables = MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        for change in WRITTEN:
            apply(connection, seal(), CLINIC, change)
        sessions.open_visit(connection, seal(), CLINIC, visit())
        sessions.begin_launch(connection, seal(), CLINIC, launch())
        audit_trail.append(connection, [record(), record()])
    yield engine, tables
    engine.dispose()


@pytest.fixture
def upgraded(second: tuple[Engine, MetaData], empty_url: str) -> Iterator[Store]:
    upgrade_to(empty_url, "0003")
    store = open_store(empty_url, seal())
    yield store
    store.close()


def test_there_was_data_in_the_tables(second: tuple[Engine, MetaData]) -> None:
    engine, tables = second
    with engine.connect() as connection:
        filled = {name for name in tables.tables if connection.scalar(text(f"SELECT count(*) FROM {name}"))}
    assert set(tables.tables) - filled <= {"seen_encounters"}  # an empty look saw none


def test_nothing_that_was_there_changes_and_two_tables_come(
    second: tuple[Engine, MetaData], empty_url: str
) -> None:
    engine, tables = second
    before = everything(engine, tables)
    upgrade_to(empty_url, "0003")
    plain = create_engine(empty_url)
    assert everything(plain, tables) == before
    assert set(inspect(plain).get_table_names()) - set(tables.tables) == {
        "client_assertions",
        "client_tokens",
    }
    plain.dispose()


def test_version_0_2_may_write_on(second: tuple[Engine, MetaData], upgraded: Store) -> None:
    """While replicas are replaced one by one: its rows name no column that came, and none that it needs went."""
    engine, tables = second
    with engine.begin() as connection:
        tell(connection, whole_clinic(CLINIC))
        rows: list[dict[str, Any]] = [
            dict(row) for row in connection.execute(tables.tables["notices"].select()).mappings()
        ]
        again = {name: value for name, value in rows[0].items() if name != "number"} | {
            "encounter_id": "enc-2"
        }
        connection.execute(tables.tables["notices"].insert(), again)
        apply(connection, seal(), CLINIC, SaveEntryVersion(entry("entry-2")))
    assert entries.by_id(upgraded, context(), "entry-2") is not None


def test_the_log_goes_on_with_the_first_token(upgraded: Store) -> None:
    writer = Writer(upgraded)
    writer.start()
    remembered = record(None)
    assert writer.run_alone(
        lambda connection: client_tokens.spend(connection, CLINIC, SHOWN, GIVEN, remembered, NOW)
    )
    writer.stop()
    assert client_tokens.token(upgraded, CLINIC, GIVEN.digest) == GIVEN
    with audit_trail.snapshot(upgraded, CLINIC) as (head, log):
        verdict = verify(log, head)
    assert (verdict.size, verdict.faults) == (3, ())
