"""Bringing a database to the tables this version needs; run before serving, by as many replicas as come at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from service.store.engine import writer_engine
from service.store.row_security import tell, whole_house
from service.store.serving_role import appoint

_STEPS = Path(__file__).resolve().parent / "migrations"
_LOCK = text("SELECT pg_advisory_xact_lock(7166101)")  # any number, the same in every version
_NO_TIMEOUT = text("SET LOCAL lock_timeout = 0")


def upgrade(url: str, serving_role: str | None = None) -> None:
    """Run the missing steps in one transaction: all of them or none; those who come second wait and find no work.

    On PostgreSQL `serving_role` names another role that is to serve from these tables (`store.serving_role`).
    """
    engine = writer_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(_NO_TIMEOUT)
                connection.execute(_LOCK)
            tell(connection, whole_house())
            command.upgrade(_configured(connection), "head")
            if serving_role is not None:
                appoint(connection, serving_role)
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Whether every step of this version has been run, and none that it does not know."""
    known = set(ScriptDirectory(str(_STEPS)).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == known


def _configured(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
