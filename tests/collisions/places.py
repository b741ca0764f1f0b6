"""A PostgreSQL database of the collisions' own: by its socket, and by a wire that can be cut."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from service.store.migrating import upgrade
from tests.killing.databases import a_database
from tests.killing.proxy import Proxy

CLINIC = "marigold"


@dataclass(frozen=True, slots=True)
class Place:
    """One migrated database: `url` for a store, `by_wire` for one whose connections pass the proxy."""

    url: str
    by_wire: str
    wire: Proxy

    def ask(self, statement: str) -> int:
        """The whole number that this statement gives, asked as the database's owner."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            found = connection.execute(statement.encode()).fetchone()
        return int(found[0] or 0) if found else 0

    def tell(self, statement: str) -> None:
        """Do this as the database's owner."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def a_place(server: str) -> Iterator[Place]:
    """A database of this server's, dropped afterwards."""
    with a_database("postgresql", server, Path()) as (by_wire, wire):
        assert wire is not None
        address = psycopg.conninfo.conninfo_to_dict(server)
        url = f"postgresql+psycopg://{address['user']}@/{make_url(by_wire).database}?host={address['host']}"
        upgrade(url)
        yield Place(url, by_wire, wire)
