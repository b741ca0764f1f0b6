"""A database role as a clinic's serves: it owns nothing, is above nothing, and has what `migrate` grants it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import create_engine, make_url, text

from service.store.migrating import upgrade


@contextmanager
def migrated_for_a_plain_role(owners_url: str) -> Iterator[str]:
    """The database brought to this version as its owner; the address under which a plain role serves from it."""
    with plain_role(owners_url) as role:
        upgrade(owners_url, role)
        yield address_of(owners_url, role)


@contextmanager
def plain_role(owners_url: str, words: str = "LOGIN") -> Iterator[str]:
    """A new role, as long as the block runs; its name needs quoting, as an operator's may."""
    role = f'serves "{secrets.token_hex(8)}'
    quoted = '"' + role.replace('"', '""') + '"'
    # Looked at before it is used again: the database may have been put back to an older one meanwhile.
    owner = create_engine(owners_url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    with owner.connect() as connection:
        connection.execute(text(f"CREATE ROLE {quoted} {words}"))
    try:
        yield role
    finally:
        with owner.connect() as connection:
            connection.execute(text(f"DROP OWNED BY {quoted} CASCADE"))
            connection.execute(text(f"DROP ROLE {quoted}"))
        owner.dispose()


def address_of(owners_url: str, role: str) -> str:
    """The same database, as this role comes to it."""
    return make_url(owners_url).set(username=role).render_as_string(hide_password=False)


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """An empty database on this server, as SQLAlchemy names it, for as long as the block runs."""
    name = f"walled_{secrets.token_hex(8)}"
    address = psycopg.conninfo.conninfo_to_dict(server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield f"postgresql+psycopg://{address['user']}@/{name}?host={address['host']}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
