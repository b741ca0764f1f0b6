"""What goes wrong at the database of a house: a commit that finds it locked or full, or whose end nobody knows.

One schedule at a time has its troubles there. Where a commit ended in a way that nobody knows, the service says so and
has to be started anew.
"""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

# After so many commits that fail one after the other nobody tries again by himself.
_IN_A_ROW = (1, 1, 2, 3, 4)
_PASSING = {
    "busy": sqlite3.SQLITE_BUSY,
    "busy-snapshot": sqlite3.SQLITE_BUSY_SNAPSHOT,
    "locked": sqlite3.SQLITE_LOCKED,
    "full": sqlite3.SQLITE_FULL,
}
_UNKNOWN = ("unknown-kept", "unknown-lost")


@dataclass
class Troubles:
    """The troubles of one schedule: how `often` one begins at a commit, by its own chance."""

    chance: Random
    often: float
    happened: Counter[str] = field(default_factory=Counter)
    _left: int = 0
    _kind: str = ""

    def next(self) -> str | None:
        """What goes wrong with this commit, if anything."""
        if self._left == 0 and self.chance.random() < self.often:
            self._kind = self.chance.choice((*_PASSING, *_UNKNOWN))
            self._left = 1 if self._kind in _UNKNOWN else self.chance.choice(_IN_A_ROW)
        if self._left == 0:
            return None
        self._left -= 1
        self.happened[self._kind] += 1
        return self._kind

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.often, self._left = 0.0, 0


@dataclass
class Database:
    """Listens to each commit of the writer; `troubles` are those of the schedule that runs."""

    troubles: Troubles | None = None

    def at_commit(self, connection: Connection) -> None:
        """Fail this commit, as the troubles say; "unknown-kept" happens and fails all the same."""
        kind = self.troubles.next() if self.troubles else None
        if kind is None:
            return
        if kind == "unknown-kept":
            connection.exec_driver_sql("COMMIT")
        raise OperationalError("COMMIT", None, _error(_PASSING.get(kind, sqlite3.SQLITE_IOERR)))


def _error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("as the schedule says")
    error.sqlite_errorcode = code
    error.sqlite_errorname = f"code {code}"
    return error
