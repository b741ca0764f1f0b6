"""What a child process is told before it starts: where it works, and where on its way it dies or stands still."""

from dataclasses import dataclass
from pathlib import Path

# Of the worker: the steps of the delivery protocol (fault matrix, section 2). At K6 the record system's side kills.
STEPS = tuple(f"K{number}" for number in range(10))
# Of the server, while it takes an entry: before a statement, before the commit, after it, before the answer (F1).
POINTS = ("asked", "statement", "commit", "committed", "answered")


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one service and its database's address; `rung` is its record system's, `port` the server's."""

    folder: Path
    database: str
    rung: str
    port: int


@dataclass(frozen=True, slots=True)
class Order:
    """At which visit of which point a process ends itself (SIGKILL) or stands still (SIGSTOP), if at any."""

    point: str | None = None
    visit: int = 1
    stands_still: bool = False
