"""A database that version 0.2.0 wrote: the step to client tokens adds two tables and touches nothing that was there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, Table, create_engine, inspect, text

from service.audit.verify import verify
from service.journal.unread import ReadMark
from service.store import audit_trail, client_tokens, entries, read_marks, sessions
from service.store.changes import apply
from service.store.deeds import (
    Change,
    KeepAssigned,
    KeepCheckpoint,
    KeepFinding,
    KeepMerge,
    KeepNotice,
    KeepReadMark,
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

# Columns have come since, and none has changed its form: without those, today's rows are as 0.2.0 wrote them.
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

LATER = entry("entry-2")


@pytest.fixture
def second(
    empty_url: str, written_today: dict[str, list[dict[str, Any]]]
) -> Iterator[tuple[Engine, MetaData]]:
    """The database at 0.2.0 with data, and the tables as 0.2.0 knew them."""
    engine, tables = written_by_0_2_0(empty_url, written_today)
    yield engine, tables
    engine.dispose()


def written_by_0_2_0(url: str, rows: dict[str, list[dict[str, Any]]]) -> tuple[Engine, MetaData]:
    """An empty database becomes one of 0.2.0 with these rows; the tables as 0.2.0 knew them."""
    upgrade_to(url, "0002")
    engine = writer_engine(url)
    tables = MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        for name, written in rows.items():
            early = [row for row in written if LATER.id not in (row.get("id"), row.get("entry_id"))]
            if name in tables.tables and early:
                connection.execute(tables.tables[name].insert(), _as_of_old(early, tables.tables[name]))
    return engine, tables


@pytest.fixture
def written_today(tmp_path: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table, as today's code writes them, in the order in which they may be written again."""
    return rows_of_today(tmp_path)


def rows_of_today(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table, as today's code writes them into a database of this folder."""
    url = f"sqlite:///{folder / 'today.db'}"
    upgrade_to(url, "head")
    engine = writer_engine(url)
    with engine.begin() as connection:
        for change in (*WRITTEN, SaveEntryVersion(LATER)):
            apply(connection, seal(), CLINIC, change)
        sessions.open_visit(connection, seal(), CLINIC, visit())
        sessions.begin_launch(connection, seal(), CLINIC, launch())
        audit_trail.append(connection, [record(), record()])
        found = MetaData()
        found.reflect(connection)
        rows = {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for table in found.sorted_tables
            if table.name != "alembic_version"
        }
    engine.dispose()
    return rows


def _as_of_old(rows: list[dict[str, Any]], table: Table) -> list[dict[str, Any]]:
    """The rows without the columns that came later, and without the numbers that the database gives."""
    kept = [column.name for column in table.columns if column.name != "number"]
    return [{name: _in_zone(row[name]) for name in kept} for row in rows]


def _in_zone(value: object) -> object:
    """SQLite gives an instant back without its zone."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


@pytest.fixture
def upgraded(second: tuple[Engine, MetaData], empty_url: str) -> Iterator[Store]:
    upgrade_to(empty_url, "head")
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


def test_version_0_2_may_write_on(
    second: tuple[Engine, MetaData], upgraded: Store, written_today: dict[str, list[dict[str, Any]]]
) -> None:
    """While replicas are replaced one by one: its rows name no column that came, and none that it needs went."""
    engine, tables = second
    notice = written_today["notices"][0] | {"encounter_id": "enc-2"}
    later = {
        name: [row for row in written_today[name] if LATER.id in (row.get("id"), row.get("entry_id"))]
        for name in ("entries", "entry_versions")
    }
    with engine.begin() as connection:
        tell(connection, whole_clinic(CLINIC))
        for name, rows in ({"notices": [notice]} | later).items():
            connection.execute(tables.tables[name].insert(), _as_of_old(rows, tables.tables[name]))
    assert entries.by_id(upgraded, context(), LATER.id) == LATER


def test_what_was_changed_before_has_no_reason_and_what_is_changed_now_may(
    upgraded: Store, second: tuple[Engine, MetaData]
) -> None:
    """Rule 17: the column comes empty, and takes what is said from now on."""
    assert "because" not in second[1].tables["entry_versions"].columns
    before = entries.by_id(upgraded, context(), "entry-1")
    assert before is not None
    assert before.because is None
    with upgraded.writer_engine.begin() as connection:
        tell(connection, whole_clinic(CLINIC))
        apply(connection, seal(), CLINIC, SaveEntryVersion(replace(before, version=2, because="a slip")))
    after = entries.by_id(upgraded, context(), "entry-1")
    assert after is not None
    assert after.because == "a slip"


def test_what_was_sent_before_nobody_has_read_yet_and_it_can_be_marked(
    upgraded: Store, second: tuple[Engine, MetaData]
) -> None:
    """Rule 17: nobody ever said so, and the table takes what is said from now on."""
    assert "read_marks" not in second[1].tables
    waiting = [one.entry_id for one in read_marks.not_read(upgraded, CLINIC, NOW, 9)]
    assert "entry-1" in waiting
    read = ReadMark("entry-1", PATIENT, 1, "Practitioner/7", NOW)
    with upgraded.writer_engine.begin() as connection:
        tell(connection, whole_clinic(CLINIC))
        apply(connection, seal(), CLINIC, KeepReadMark(read))
    assert read_marks.marks_of(upgraded, context(), ["entry-1"]) == {"entry-1": (read,)}
    after = [one.entry_id for one in read_marks.not_read(upgraded, CLINIC, NOW, 9)]
    assert after == [one for one in waiting if one != "entry-1"]


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
