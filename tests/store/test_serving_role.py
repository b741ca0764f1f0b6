"""The wall in PostgreSQL as it stands, who may serve behind it, and what is said where it does not stand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.exc import ProgrammingError

from service.store import entries, migrating
from service.store.deeds import Deed, SaveEntryVersion
from service.store.engine import Store, open_store
from service.store.migrating import upgrade
from service.store.row_security import tell, whole_clinic, whole_house
from service.store.serving_role import UnfitRole, weaknesses
from service.store.tables import drafts, metadata
from service.store.writer import Writer
from tests.store.builders import CLINIC, context, entry, record, seal
from tests.store.plain_role import address_of, migrated_for_a_plain_role, new_database, plain_role

pytestmark = pytest.mark.postgres

_WALLS = text(
    """
    SELECT c.relname, c.relrowsecurity AS stands, c.relforcerowsecurity AS forced, count(p.polname) AS rules
    FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid
    """
)


def walls(url: str) -> dict[str, tuple[bool, bool, int]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            row.relname: (row.stands, row.forced, row.rules)
            for row in connection.execute(_WALLS)
            if row.relname != "alembic_version"
        }
    engine.dispose()
    return found


def said_of(url: str) -> list[str]:
    store = open_store(url, seal())
    found = weaknesses(store)
    store.close()
    return found


@pytest.fixture(scope="module")
def empty_database(postgres_server: str) -> Iterator[str]:
    """A database of this module's own, as the superuser comes to it, with every table and no row."""
    with new_database(postgres_server) as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="module")
def served(empty_database: str) -> Iterator[str]:
    """The same as a plain role comes to it."""
    with migrated_for_a_plain_role(empty_database) as url:
        yield url


@pytest.fixture
def writing(served: str) -> Iterator[Connection]:
    """A plain role's connection that may write, and whose writing is forgotten."""
    store = open_store(served, seal())
    with store.writer_engine.connect() as connection:
        yield connection
    store.close()


# --- the wall -----------------------------------------------------------------------------------------------------


def test_every_table_of_a_new_database_is_walled_before_everybody(empty_database: str) -> None:
    assert walls(empty_database) == dict.fromkeys(metadata.tables, (True, True, 1))


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE entries DISABLE ROW LEVEL SECURITY",
        "DROP POLICY reach ON entries",
        "TRUNCATE entries",
        "UPDATE audit_records SET digest = 'another'",
        "DELETE FROM audit_records",
        "DELETE FROM checkpoints",
        "UPDATE alembic_version SET version_num = '0001'",
        "CREATE TABLE mine (id text)",
    ],
)
def test_who_serves_may_not_take_it_down(writing: Connection, statement: str) -> None:
    tell(writing, whole_house())
    with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"):
        writing.execute(text(statement))


def test_row_security_off_is_an_error_and_no_way_around(writing: Connection) -> None:
    writing.execute(text("SET LOCAL row_security = off"))
    with pytest.raises(ProgrammingError, match="row-level security"):
        writing.execute(text("SELECT 1 FROM entries"))


# --- who may serve ------------------------------------------------------------------------------------------------


def test_a_role_that_is_not_there_is_not_appointed(empty_database: str) -> None:
    with pytest.raises(UnfitRole, match="no such role"):
        upgrade(empty_database, "nobody-of-that-name")


@pytest.mark.parametrize("words", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_above_the_wall_is_not_appointed(empty_database: str, words: str) -> None:
    with (
        plain_role(empty_database, words) as role,
        pytest.raises(UnfitRole, match="passes row-level security"),
    ):
        upgrade(empty_database, role)


def test_appointing_twice_changes_nothing(empty_database: str) -> None:
    with migrated_for_a_plain_role(empty_database):
        before = walls(empty_database)
        with migrated_for_a_plain_role(empty_database) as second:
            assert said_of(second) == []
        assert walls(empty_database) == before


# --- what is said -------------------------------------------------------------------------------------------------


def test_before_a_plain_role_there_is_nothing_to_say(served: str) -> None:
    assert said_of(served) == []


@pytest.mark.parametrize("words", ["LOGIN SUPERUSER", "LOGIN BYPASSRLS"])
def test_a_role_above_the_wall_is_told_so(empty_database: str, words: str) -> None:
    with plain_role(empty_database, words) as role:
        (said,) = said_of(address_of(empty_database, role))
    assert said.startswith("the database role is above row-level security")


def test_a_table_without_its_wall_is_named(postgres_url: str) -> None:
    with migrated_for_a_plain_role(postgres_url) as served:
        change(postgres_url, "ALTER TABLE drafts DISABLE ROW LEVEL SECURITY")
        assert said_of(served) == ["row-level security is off for drafts"]


def test_sqlite_has_no_wall_to_speak_of(tmp_path: Path) -> None:
    assert said_of(f"sqlite:///{tmp_path / 'journal.db'}") == []


def change(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


# --- one role that owns and serves --------------------------------------------------------------------------------


@pytest.fixture
def owner(postgres_url: str) -> Iterator[str]:
    """An empty database as a plain role comes to it that may make tables there."""
    with plain_role(postgres_url) as role:
        quoted = '"' + role.replace('"', '""') + '"'
        change(postgres_url, f"GRANT ALL ON SCHEMA public TO {quoted}")
        yield address_of(postgres_url, role)


def write_some(url: str) -> None:
    store = open_store(url, seal())
    writer = Writer(store)
    writer.start()
    writer.perform(Deed(CLINIC, (), (SaveEntryVersion(entry()),), (record(),)))
    writer.stop()
    store.close()


def test_the_owner_of_a_new_database_is_walled_and_told_of_the_rest(owner: str) -> None:
    upgrade(owner)
    write_some(owner)
    store = open_store(owner, seal())
    assert untold(store) == []
    assert len(entries.newest_first(store, context())) == 1
    store.close()
    assert said_of(owner) == [
        "the database role owns the tables, so it could take their row-level security down"
    ]


def untold(store: Store) -> list[str]:
    with store.reader.connect() as connection:
        return list(connection.scalars(text("SELECT id FROM entries")))


def test_an_upgrade_sees_every_row(owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later step that moves data is run by an owner who is walled like everybody, and must not find tables empty."""
    upgrade(owner)
    write_some(owner)
    seen: list[str] = []
    monkeypatch.setattr(
        command,
        "upgrade",
        lambda config, _: seen.extend(
            config.attributes["connection"].scalars(text("SELECT id FROM entries"))
        ),
    )
    upgrade(owner)
    assert seen == ["entry-1"]


def test_a_database_that_served_goes_on_serving_its_owner(owner: str, postgres_url: str) -> None:
    """The version before this one tells nothing: while its replicas are replaced, it reads and writes as the owner."""
    upgrade_to(owner, "0003")
    change(owner, "INSERT INTO audit_heads (clinic, size, edge) VALUES ('marigold', 0, '')")
    upgrade(owner)

    later = dict.fromkeys(
        ("generations", "ended_visits", "held_words", "read_marks"), (True, True, 1)
    )  # it knows none of them
    assert walls(postgres_url) == dict.fromkeys(metadata.tables, (True, False, 1)) | later
    change(owner, "INSERT INTO notices (clinic, encounter_id, received_at) VALUES ('marigold', 'e', now())")
    (said,) = said_of(owner)
    assert "not forced" in said


def test_naming_who_serves_forces_the_wall(owner: str, postgres_url: str) -> None:
    """Later, when no replica of the version before is left: even the owner, told nothing, sees nothing then."""
    upgrade_to(owner, "0003")
    change(owner, "INSERT INTO audit_heads (clinic, size, edge) VALUES ('marigold', 0, '')")
    upgrade(owner)
    with plain_role(postgres_url) as role:
        upgrade(owner, role)
        assert said_of(address_of(owner, role)) == []
    assert walls(postgres_url) == dict.fromkeys(metadata.tables, (True, True, 1))
    engine = create_engine(owner)
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT clinic FROM audit_heads")).all() == []
    engine.dispose()


def upgrade_to(url: str, revision: str) -> None:
    """The tables as they are after this step."""
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(migrating._configured(connection), revision)
    engine.dispose()


def test_who_serves_numbers_what_it_adds(served: str) -> None:
    """Filings and notices are numbered by sequences, which a role may use only where it was said."""
    store = open_store(served, seal())
    with store.writer_engine.connect() as connection:
        tell(connection, whole_clinic(CLINIC))
        for table, column in (("filings", "number"), ("notices", "number")):
            sequence = connection.scalar(text(f"SELECT pg_get_serial_sequence('{table}', '{column}')"))
            assert connection.scalar(text(f"SELECT nextval('{sequence}')")) is not None
        assert connection.scalar(select(drafts.c.key)) is None
    store.close()
