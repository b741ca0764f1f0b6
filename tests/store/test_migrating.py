"""The tables come to be by steps: the same as the code says, once, whole, and whoever comes first."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from service.store import log_tables
from service.store.engine import open_store, writer_engine
from service.store.migrating import NewerTables, is_current, upgrade
from service.store.tables import metadata
from tests.store.builders import seal


def test_the_steps_make_what_the_code_says(store_url: str) -> None:
    assert log_tables.audit_records.metadata is metadata
    engine = create_engine(store_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert {index["name"] for index in inspect(connection).get_indexes("entries")} == {
            index.name for index in metadata.tables["entries"].indexes
        }
    engine.dispose()


def test_an_empty_database_is_not_current(empty_url: str) -> None:
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        assert not is_current(connection)
    upgrade(empty_url)
    with engine.connect() as connection:
        assert is_current(connection)
    engine.dispose()


def test_replicas_upgrade_at_once(empty_url: str) -> None:
    """F35: one makes the tables; the others wait for it and find no work."""
    program = "import sys; from service.store.migrating import upgrade; upgrade(sys.argv[1])"
    replicas = [subprocess.Popen([sys.executable, "-c", program, empty_url]) for _ in range(3)]
    assert [replica.wait(60) for replica in replicas] == [0, 0, 0]


def test_there_is_no_way_backwards(store_url: str) -> None:
    """F35: an older version's `migrate` leaves a newer version's tables as they are, and says why."""
    engine = writer_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'of-next-year'"))
    with pytest.raises(NewerTables, match="newer version"):
        upgrade(store_url)
    with engine.connect() as connection:
        assert not is_current(connection)
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "of-next-year"
    engine.dispose()


@pytest.mark.parametrize("statement", [1, 5, 12, 20])
def test_an_upgrade_that_is_cut_leaves_nothing(
    empty_url: str, statement: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F35: interrupted at any statement, all is as before, and running again repairs it."""
    engine = writer_engine(empty_url)
    seen = 0

    def cut(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        nonlocal seen
        seen += sql.lstrip().upper().startswith("CREATE")
        if seen == statement:
            raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", cut)
    monkeypatch.setattr("service.store.migrating.writer_engine", lambda _url: engine)
    with pytest.raises(KeyboardInterrupt):
        upgrade(empty_url)
    monkeypatch.undo()
    plain = create_engine(empty_url)
    assert inspect(plain).get_table_names() == []
    upgrade(empty_url)
    assert set(inspect(plain).get_table_names()) == {*metadata.tables, "alembic_version"}
    plain.dispose()
    engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_only_files_and_postgresql_are_opened(url: str) -> None:
    with pytest.raises((ValueError, ModuleNotFoundError)):
        open_store(url, seal())


def test_sqlite_is_opened_safely(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'journal.db'}", seal())
    for engine, query_only in ((store.reader, 1), (store.writer_engine, 0)):
        with engine.connect() as connection:
            said = {
                name: connection.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "synchronous", "foreign_keys", "query_only")
            }
        assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "query_only": query_only}
    store.close()


@pytest.mark.postgres
def test_postgresql_is_opened_safely(postgres_url: str) -> None:
    store = open_store(postgres_url, seal())
    for engine, read_only in ((store.reader, "on"), (store.writer_engine, "off")):
        with engine.connect() as connection:
            names = ("transaction_read_only", "transaction_isolation", "synchronous_commit")
            said = {name: connection.scalar(text(f"SHOW {name}")) for name in names}
        assert said == {
            "transaction_read_only": read_only,
            "transaction_isolation": "read committed",
            "synchronous_commit": "on",
        }
    store.close()


@pytest.mark.postgres
def test_postgresql_refuses_to_empty_the_log(postgres_url: str) -> None:
    upgrade(postgres_url)
    engine = writer_engine(postgres_url)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="stay as they are"):
        connection.execute(text("TRUNCATE audit_records"))
    engine.dispose()
