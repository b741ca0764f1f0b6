"""The worker notices that somebody has set the clock on the wall, and writes it into the clinic's log (fault F55).

Nothing depends on it but whoever reads instants later: records keep their order by number, whatever their instants say.
"""

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed
from service.store import deeds
from service.workflow.clock_watch import A_JUMP, ClockWatch
from service.workflow.desk import Desk
from service.workflow.remember import record


def watch_clock(desk: Desk, clinic_key: str, watch: ClockWatch) -> float:
    """Look at both clocks; where they have parted by more than a minute, the clinic's log says so.

    By how many seconds the clock was set, 0 for anything less.
    """
    wall, steady = desk.now(), desk.steady()
    desk.clock_news.look(wall, steady)
    parted = watch.parted(wall, steady)
    if abs(parted) <= A_JUMP:
        return 0.0
    worker = AccessContext(
        clinic=clinic_key, role=Role.WORKER, origin=Origin(desk.new_id()), client="infusion-journal-worker"
    )
    reason = "clock-set-forward" if parted > 0 else "clock-set-back"
    remembered = record(desk, worker, Deed.CONFIGURATION, reason=reason)
    desk.writer.perform(deeds.Deed(clinic_key, records=(remembered,)))
    return parted
