"""The worker notices that somebody has set the clock on the wall, and writes it into the clinic's log (fault F55).

Nothing depends on it but whoever reads instants later: records keep their order by number, whatever their instants say.
"""

from datetime import datetime

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed
from service.store import deeds
from service.workflow.desk import Desk
from service.workflow.remember import record

A_JUMP = 60.0  # seconds; what is less is the usual keeping in step


class ClockWatch:
    """Where the clock on the wall and the steady one stood at the last look, in one thread of one process."""

    def __init__(self) -> None:
        self._last: tuple[datetime, float] | None = None

    def parted(self, wall: datetime, steady: float) -> float:
        """By how many seconds the wall was set since the last look: forward, or back where negative; 0 at the first."""
        before, self._last = self._last, (wall, steady)
        if before is None:
            return 0.0
        return (wall - before[0]).total_seconds() - (steady - before[1])


def watch_clock(desk: Desk, clinic_key: str, watch: ClockWatch) -> float:
    """Look at both clocks; where they have parted by more than a minute, the clinic's log says so.

    By how many seconds the clock was set, 0 for anything less.
    """
    parted = watch.parted(desk.now(), desk.steady())
    if abs(parted) <= A_JUMP:
        return 0.0
    worker = AccessContext(
        clinic=clinic_key, role=Role.WORKER, origin=Origin(desk.new_id()), client="infusion-journal-worker"
    )
    reason = "clock-set-forward" if parted > 0 else "clock-set-back"
    remembered = record(desk, worker, Deed.CONFIGURATION, reason=reason)
    desk.writer.perform(deeds.Deed(clinic_key, records=(remembered,)))
    return parted
