"""Which generation of the database this is: how often it was put back to an older state (fault F38).

A restored database has forgotten what others saw: numbers of versions, revisions and fences that were given out, and
who signed out. When a generation begins, everything counted goes on far ahead, and everybody signs in anew.
"""

from datetime import datetime

from sqlalchemy import Column, Connection, Integer, String, Table, case, delete, func, insert, select, update

from service.journal.numbers import AHEAD
from service.store import drafts
from service.store.columns import Instant
from service.store.course_tables import assigned_sets
from service.store.engine import Store
from service.store.held_words import ended_visits
from service.store.row_security import whole_clinic
from service.store.sealing import Seal
from service.store.tables import lanes, launches, metadata, visits

# A row for each time that a clinic's data were put back; before the first the generation is 0.
generations = Table(
    "generations",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("begun_at", Instant, nullable=False),
)


def generation(store: Store, clinic: str) -> int:
    """The clinic's generation: 0 until its data are put back for the first time."""
    newest = select(func.max(generations.c.number)).where(generations.c.clinic == clinic)
    with store.asking(whole_clinic(clinic)) as connection:
        return int(connection.scalar(newest) or 0)


def begin(connection: Connection, seal: Seal, clinic: str, number: int, at: datetime) -> None:
    """Begin this generation; a second one of the same number is refused by its key."""
    connection.execute(insert(generations).values(clinic=clinic, number=number, begun_at=at))
    drafts.renumber(connection, seal, clinic, AHEAD)
    _renumber_assigned(connection, clinic)
    # Whoever still works on what was before has lost the lane, and nobody waits for them.
    ahead = {"fence": lanes.c.fence + AHEAD, "lease_until": None, "owner": None}
    connection.execute(update(lanes).where(lanes.c.clinic == clinic).values(ahead))
    for table in (visits, ended_visits, launches):
        connection.execute(delete(table).where(table.c.clinic == clinic))


def _renumber_assigned(connection: Connection, clinic: str) -> None:
    """The assigned sets go on ahead; what the record system has of them is as old or as new as it was."""
    version, written = assigned_sets.c.version, assigned_sets.c.written_version
    ahead = {"version": version + AHEAD, "written_version": case((written > 0, written + AHEAD), else_=0)}
    connection.execute(update(assigned_sets).where(assigned_sets.c.clinic == clinic).values(ahead))
