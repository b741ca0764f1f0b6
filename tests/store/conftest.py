"""The store on both real databases, migrated as in production, with its writer running.

Most tests share one database of each kind and take a clinic of their own in it, which is how clinics live, too.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service.store.engine import Store, open_store
from service.store.migrating import upgrade
from service.store.writer import Writer
from tests.store import builders

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind, this test's own."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'journal.db'}"


@pytest.fixture
def store_url(empty_url: str) -> str:
    """A database of each kind with all tables, this test's own."""
    upgrade(empty_url)
    return empty_url


@pytest.fixture
def own_store(store_url: str) -> Iterator[Store]:
    """A store that no other test sees."""
    opened = open_store(store_url, builders.seal())
    yield opened
    opened.close()


@pytest.fixture(scope="session", params=BOTH)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store that tests share."""
    if request.param == "postgresql":
        url = _new_database(request.getfixturevalue("postgres_server"))
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'journal.db'}"
    upgrade(url)
    opened = open_store(url, builders.seal())
    yield opened
    opened.close()


@pytest.fixture
def writer(store: Store) -> Iterator[Writer]:
    """A writer of the shared store."""
    started = Writer(store)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def clinic() -> str:
    """A clinic of this test's own."""
    return f"clinic-{secrets.token_hex(8)}"


def _new_database(server: str) -> str:
    name = f"shared_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    address = psycopg.conninfo.conninfo_to_dict(server)
    return f"postgresql+psycopg://{address['user']}@/{name}?host={address['host']}"
