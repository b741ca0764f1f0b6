"""The worker looks twice a day whether those whom a Task asks are still to be asked (fault matrix F53).

Apart from the handing over: there something changed with us, here something may have changed there.
"""

from datetime import timedelta

from service.audit.record import Deed
from service.ehr.patients import closed_for, patients_named
from service.ehr.problems import RecordSystemProblem
from service.journal.assigned import AssignedSet
from service.r4.patient import PatientSeen
from service.smart.problems import SmartProblem
from service.store import assigned as assigned_sets
from service.store import deeds
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.hand_over_tasks import CLOSED, hand_over, worker
from service.workflow.remember import record

_AGAIN = timedelta(hours=12)
_AT_ONCE = 50


def look_after_tasks(desk: Desk, clinic_key: str) -> int:
    """Cancel the Tasks of records that were closed, ask again in those that are open again; how many were looked at.

    None while the record system is silent; what could not be looked at has its turn half a day later.
    """
    clinic, now = desk.clinic(clinic_key), desk.now()
    if not clinic.filing.tasks or not desk.breakers.is_closed(clinic_key, now):
        return 0
    taken = desk.writer.run_alone(
        lambda connection: assigned_sets.claim_standing(connection, clinic_key, now, _AGAIN, _AT_ONCE)
    )
    if not taken:
        return 0
    try:
        seen = patients_named(clinic.for_delivery, (one.patient_id for one in taken))
    except (RecordSystemProblem, SmartProblem):
        return 0
    _remember(desk, clinic, seen)
    for one in taken:
        if one.patient_id in seen and _differs(desk, clinic, one, seen[one.patient_id]):
            hand_over(desk, clinic, one)
    return len(taken)


def _differs(desk: Desk, clinic: ClinicDesk, assigned: AssignedSet, seen: PatientSeen) -> bool:
    """Whether the record is closed and its Task was left open, or the other way round."""
    writing = assigned_sets.writing_of(desk.store, clinic.key, assigned.id)
    was_ended = writing is not None and writing.reason in CLOSED
    return was_ended is (closed_for(seen) is None)


def _remember(desk: Desk, clinic: ClinicDesk, seen: dict[str, PatientSeen]) -> None:
    records = tuple(
        record(desk, worker(desk, clinic.key, one), Deed.READ, patient=one, what="Patient")
        for one in sorted(seen)
    )
    desk.writer.perform(deeds.Deed(clinic.key, records=records))
