"""Bringing a database to the tables this version needs; run before serving, by as many replicas as come at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from service.store.engine import writer_engine
from service.store.row_security import tell, whole_house
from service.store.serving_role import appoint
from service.store.transaction import was_taken_back

_STEPS = Path(__file__).resolve().parent / "migrations"
_LOCK = text("SELECT pg_advisory_xact_lock(7166101)")  # any number, the same in every version
_TRIES = 10
_NO_TIMEOUT = text("SET LOCAL lock_timeout = 0")


class NewerTables(ValueError):
    """The tables are of a newer version of this service; serve with that one, or put back a backup of before."""


def upgrade(url: str, serving_role: str | None = None) -> None:
    """Run the missing steps in one transaction: all of them or none; those who come second wait and find no work.

    NewerTables where a newer version came before: nothing is changed then.
    On PostgreSQL `serving_role` names another role that is to serve from these tables (`store.serving_role`).
    """
    engine = writer_engine(url)
    try:
        upgrade_on(engine, serving_role)
    finally:
        engine.dispose()


def upgrade_on(engine: Engine, serving_role: str | None = None) -> None:
    """The same on an engine that is there: `store.engine.writer_engine`.

    The version before goes on writing meanwhile. Where the two wait for each other PostgreSQL takes one of them back;
    the upgrade then begins anew.
    """
    for _ in range(_TRIES - 1):
        try:
            return _upgrade_once(engine, serving_role)
        except DBAPIError as error:
            if not was_taken_back(error):
                raise
    return _upgrade_once(engine, serving_role)


def _upgrade_once(engine: Engine, serving_role: str | None) -> None:
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(_NO_TIMEOUT)
            connection.execute(_LOCK)
        tell(connection, whole_house())
        _refuse_newer(connection)
        command.upgrade(_configured(connection), "head")
        if serving_role is not None:
            appoint(connection, serving_role)


def is_current(connection: Connection) -> bool:
    """Whether every step of this version has been run, and none that it does not know."""
    known = set(ScriptDirectory(str(_STEPS)).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == known


def _refuse_newer(connection: Connection) -> None:
    steps = {step.revision for step in ScriptDirectory(str(_STEPS)).walk_revisions()}
    if not set(MigrationContext.configure(connection).get_current_heads()) <= steps:
        raise NewerTables(NewerTables.__doc__)


def _configured(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
