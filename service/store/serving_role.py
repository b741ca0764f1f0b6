"""The database role that serves: what it is granted, and whether PostgreSQL's second wall stands before it.

A superuser, a role with BYPASSRLS and an owner of tables that are not forced walk through row-level security
without a word. So the tables belong to the role that migrates, and another role serves.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table, text

from service.store import client_tokens, course_tables, generations, held_words, log_tables
from service.store.engine import Store

# Rows of these are added and read, and by the serving role never changed.
_ADDED_ONLY = frozenset({log_tables.audit_records.name, log_tables.checkpoints.name})
# A table is known once its module is imported.
_ALL = {
    table.name: table
    for module in (client_tokens, course_tables, generations, held_words, log_tables)
    for table in module.metadata.sorted_tables
}

_ROLE = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role")
_OWN_ROLE = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
_TABLES = text(
    """
    SELECT relname AS name, relrowsecurity AS is_walled, relforcerowsecurity AS is_forced,
        pg_has_role(current_user, relowner, 'USAGE') AS is_owned
    FROM pg_class WHERE oid = to_regclass(quote_ident(relname)) AND relname = ANY (:names) ORDER BY relname
    """
)
_SEQUENCE = text("SELECT pg_get_serial_sequence(:table, :column)")  # quoted where it has to be


class UnfitRole(ValueError):
    """The role that is to serve is not there, or walks through row-level security."""


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    is_walled: bool
    is_forced: bool
    is_owned: bool


def appoint(connection: Connection, role: str) -> None:
    """Let this role serve: grant it what serving needs, and force the wall before the tables' owner as well.

    For the owner, inside the upgrade's transaction; UnfitRole where the role is not there or is above the wall.
    """
    passes = connection.scalar(_ROLE, {"role": role})
    if passes is not False:
        raise UnfitRole(
            "there is no such role" if passes is None else "the role passes row-level security by"
        )
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    connection.execute(text(f"GRANT SELECT ON alembic_version TO {name}"))
    for table in _ALL.values():
        granted = "SELECT, INSERT" if table.name in _ADDED_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(text(f"GRANT {granted} ON {table.name} TO {name}"))
        connection.execute(text(f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"))
        _grant_numbers(connection, table, name)


def _grant_numbers(connection: Connection, table: Table, name: str) -> None:
    if table.autoincrement_column is not None:
        asked = {"table": table.name, "column": table.autoincrement_column.name}
        sequence = connection.scalar(_SEQUENCE, asked)
        connection.execute(text(f"GRANT USAGE ON SEQUENCE {sequence} TO {name}"))


def weaknesses(store: Store) -> list[str]:
    """Why the second wall does not stand before the role that serves, a sentence each; none on SQLite."""
    if store.dialect != "postgresql":
        return []
    with store.reader.connect() as connection:
        passes = bool(connection.scalar(_OWN_ROLE))
        found = connection.execute(_TABLES, {"names": list(_ALL)}).mappings()
        tables = [_Table(**row) for row in found]
    return list(_weak(passes, tables))


def _weak(passes: bool, tables: list[_Table]) -> Iterator[str]:
    if passes:
        yield "the database role is above row-level security (SUPERUSER or BYPASSRLS): PostgreSQL guards no row"
    bare = [table.name for table in tables if not table.is_walled]
    if bare:
        yield f"row-level security is off for {', '.join(bare)}"
    owned = [table for table in tables if table.is_owned]
    if not passes and any(not table.is_forced for table in owned):
        yield "the database role owns tables whose row-level security is not forced: PostgreSQL guards no row of them"
    elif not passes and owned:
        yield "the database role owns the tables, so it could take their row-level security down"
