"""The truth about a transaction: whether the driver is still inside it, how it ended, and what an error means.

A driver may end a transaction by itself (SQLite does on a full disk), and a connection may break inside COMMIT.
So the driver is asked whether it is still inside before anything is called done, and an unknown commit is
looked up, never repeated blindly (fault matrix F30 to F32).
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

_log = logging.getLogger(__name__)

_OWN_ID = text("SELECT pg_current_xact_id()::text")
_FATE = text(
    "SELECT CASE WHEN pg_is_in_recovery() THEN 'in recovery' ELSE pg_xact_status(CAST(:xid AS xid8)) END"
)
_TRIES_TO_LEARN = 8
_PAUSE = 0.25  # seconds, longer each time: about seven for a server that starts again

_IDLE, _INSIDE, _GONE = 0, 2, 4

# After a failed write or fsync the file may hold what SQLite believes it does not (F31).
_UNTRUSTWORTHY = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PASSING_IN_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,  # the disk was remounted, or the file's mode was changed (F31)
    }
)
# Lost connections, conflicts, lack of resources, locks, a server that stops or starts, and one that only follows.
_PASSING_IN_POSTGRESQL = ("08", "25006", "40", "53", "55P03", "57P")
_IN_THE_FUTURE = "22023"  # this server gave out no such id yet


class Ended(Exception):
    """The database ended the transaction behind our back; nothing of it happened."""


class NotWritten(Exception):
    """The database refused what a deed writes. Says which kind of refusal, never what was refused."""


class OutcomeUnknown(Exception):
    """Nobody can say whether the commit happened. The service has to stop and start again."""


def own_id(connection: Connection) -> str | None:
    """The id by which PostgreSQL will know the fate of this transaction; None on SQLite."""
    return connection.scalar(_OWN_ID) if connection.dialect.name == "postgresql" else None


def check_inside(connection: Connection) -> None:
    """Ended where the driver says that the transaction is over, or spoilt by a failed statement."""
    # On PostgreSQL a commit after a failed statement would roll back and say nothing.
    if _status(connection) != _INSIDE:
        raise Ended("the transaction was over before its commit")


def fate_of(engine: Engine, xid: str, is_kept: Callable[[Connection], bool | None]) -> str:
    """ "committed" or "aborted", asked on another connection; OutcomeUnknown where nobody can say.

    Another server may have taken over (F33). Where it never got the transaction it gives the same id to another one,
    so `is_kept` looks whether what was written is there: None where nothing tells.
    """
    for attempt in range(_TRIES_TO_LEARN):
        time.sleep(attempt * _PAUSE)
        try:
            with engine.connect() as connection:
                fate = connection.scalar(_FATE, {"xid": xid})
                if fate == "committed":
                    return "aborted" if is_kept(connection) is False else "committed"
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _IN_THE_FUTURE:
                return "aborted"
            _log.warning("the fate of a commit is not known yet: %s", name_of(error))
            continue
        if fate == "aborted":
            return "aborted"
    raise OutcomeUnknown("no answer about a commit")


def give_up(connection: Connection) -> None:
    """Leave the transaction for good: where rolling back does not, the connection goes."""
    try:
        connection.rollback()
    except DBAPIError as error:
        _log.warning("a rollback failed: %s", name_of(error))
        connection.invalidate()
        return
    if _status(connection) not in (_IDLE, _GONE):
        connection.invalidate()


def _status(connection: Connection) -> int:
    """The driver's word, in the codes of libpq: idle, inside, or anything else."""
    if connection.invalidated:
        return _GONE
    raw: Any = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection):
        return _INSIDE if raw.in_transaction else _IDLE
    return int(raw.info.transaction_status)


def is_untrustworthy(error: DBAPIError) -> bool:
    """Whether the file may now hold what SQLite believes it does not."""
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF in _UNTRUSTWORTHY  # the low byte is the primary code


def is_passing(error: Exception) -> bool:
    """Whether this failure may well be gone in a moment and is no deed's fault: locks, a lost server, a full disk."""
    if isinstance(error, Ended):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _PASSING_IN_SQLITE
    return error.connection_invalidated or _is_passing_state(getattr(error.orig, "sqlstate", None), error)


def _is_passing_state(state: str | None, error: DBAPIError) -> bool:
    if state is None:  # nobody answered at all
        return isinstance(error, OperationalError)
    return state.startswith(_PASSING_IN_POSTGRESQL)


def was_taken_back(error: DBAPIError) -> bool:
    """Whether PostgreSQL ended the transaction for the sake of others: nothing of it happened, and it may try again."""
    return str(getattr(error.orig, "sqlstate", None) or "").startswith("40")


def name_of(error: BaseException) -> str:
    """What may be said about a database error in a log: its kind and code, never its text."""
    source = getattr(error, "orig", None) or error
    code = getattr(source, "sqlstate", None) or getattr(source, "sqlite_errorname", None)
    return f"{type(source).__name__} {code}" if code else type(source).__name__
