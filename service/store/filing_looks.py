"""Which filings are to be looked for in the record system now: those that stand there, are held, or may be there, and
those that were found there more than once.

Apart from claiming: a look writes nothing there that a second one would double, so no lane is leased. Whoever takes a
look moves its next one on, and what a dead worker took is looked at the day after.
"""

from datetime import datetime

from sqlalchemy import Connection, and_, exists, or_, select, update

from service.journal.entries import Filing, FilingKind, FilingState
from service.store.filings import KNOWN, as_filing
from service.store.row_security import tell, whole_clinic
from service.store.tables import filings

SEVERAL = "several-found"  # the reason of what was refused because copies of it stand there


def take_looks(
    connection: Connection, clinic: str, now: datetime, again: datetime, most: int
) -> list[Filing]:
    """The filings whose look is due, longest first, as they were; the next look at each is due at `again`.

    A function for `Writer.run_alone`. What was entered in error is left out: its strike is what was asked for.
    """
    tell(connection, whole_clinic(clinic))
    struck = filings.alias("struck")
    entered_in_error = exists().where(
        struck.c.clinic == filings.c.clinic,
        struck.c.entry_id == filings.c.entry_id,
        struck.c.kind == FilingKind.STRIKE.value,
    )
    there = filings.c.state.in_((FilingState.FILED.value, FilingState.HELD_THERE.value))
    unknown = and_(filings.c.state == FilingState.PARKED.value, filings.c.send_started_at.is_not(None))
    several = and_(filings.c.state == FilingState.REFUSED.value, filings.c.reason == SEVERAL)
    due = (
        select(filings)
        .where(filings.c.clinic == clinic, filings.c.kind.in_(KNOWN))
        .where(filings.c.due_at <= now, or_(there, unknown, several))
        .where(
            filings.c.kind != FilingKind.STRIKE.value,
            or_(filings.c.kind == FilingKind.COURSE.value, ~entered_in_error.correlate(filings)),
        )
        .order_by(filings.c.due_at, filings.c.number)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(due).all()
    these = (filings.c.clinic == clinic, filings.c.id.in_([row.id for row in rows]))
    connection.execute(update(filings).where(*these).values(due_at=again))
    return [as_filing(row) for row in rows]
