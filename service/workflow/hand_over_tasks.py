"""The worker hands assigned sets to a record system that takes Tasks (rule 10; questionnaires-sdc F)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

from service.access.context import AccessContext, Origin, Role
from service.audit import record as audited
from service.audit.record import Deed, Record
from service.ehr.failures import outcome_of
from service.ehr.outcome import Filed, HeldThere, Outcome, Refused, Why
from service.ehr.patients import closed_for, patient_of
from service.ehr.problems import RecordSystemProblem
from service.ehr.tasks import end_task, write_task
from service.journal.assigned import AssignedSet, AssignedStatus
from service.r4 import task
from service.smart.problems import SmartProblem
from service.store import assigned as assigned_sets
from service.store import deeds
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.remember import record

_LEASE = timedelta(minutes=5)
_AGAIN = timedelta(minutes=5)
_LONGEST = timedelta(hours=24)
CLOSED = frozenset({Why.DECEASED.value, Why.INACTIVE.value})
_AT_ONCE = 20
# Our own name space for the groups that Tasks of one series share; never to be changed.
_SERIES_IDS = UUID("2f0b58fd-8d7d-4a3b-9f35-1a5f0e6f9d51")


def group_of(clinic_key: str, assigned: AssignedSet) -> str:
    """The UUID that names a patient's series in `Task.groupIdentifier`: the same for all its sets."""
    return str(uuid5(_SERIES_IDS, f"{clinic_key}/{assigned.patient_id}/{assigned.series}"))


def hand_over_tasks(desk: Desk, clinic_key: str) -> int:
    """Write what the record system has not got yet, or has in an older version; how many it took."""
    clinic = desk.clinic(clinic_key)
    if not clinic.filing.tasks:
        return 0
    now = desk.now()
    claimed = desk.writer.run_alone(
        lambda connection: assigned_sets.claim_unwritten(connection, clinic_key, now, _LEASE, _AT_ONCE)
    )
    return sum(hand_over(desk, clinic, one) for one in claimed)


def hand_over(desk: Desk, clinic: ClinicDesk, assigned: AssignedSet) -> bool:
    """Bring this set's Task up to date there, and note how that went; whether the record system has it now."""
    outcome = _brought(clinic, assigned)
    if isinstance(outcome, Filed | HeldThere):
        written: deeds.Change = deeds.NoteAssignedWritten(assigned.id, assigned.version)
        _perform(desk, clinic, written, _remembered(desk, clinic, assigned, None))
        return True
    reason = outcome.why.value if isinstance(outcome, Refused) else type(outcome).__name__.lower()
    _postpone(desk, clinic, assigned, reason)
    return False


def _brought(clinic: ClinicDesk, assigned: AssignedSet) -> Outcome:
    try:
        seen = patient_of(clinic.for_delivery, assigned.patient_id)
    except (RecordSystemProblem, SmartProblem) as problem:
        return outcome_of(problem)
    closed = None if seen is None else closed_for(seen)
    if closed is not None:
        return _ended(clinic, assigned, closed)
    return write_task(clinic.for_delivery, _body(clinic, assigned), f"urn:uuid:{assigned.id}")


def _ended(clinic: ClinicDesk, assigned: AssignedSet, closed: Why) -> Outcome:
    """Nothing is asked of who died, or in a record out of use: no Task is made, one that stands is cancelled (F53)."""
    if assigned.status is AssignedStatus.REQUESTED:
        assigned = replace(assigned, status=AssignedStatus.CANCELLED)
    outcome = end_task(clinic.for_delivery, _body(clinic, assigned), f"urn:uuid:{assigned.id}")
    return Refused(closed) if outcome is None or isinstance(outcome, Filed | HeldThere) else outcome


def _body(clinic: ClinicDesk, assigned: AssignedSet) -> bytes:
    return task.write_for_record_system(
        assigned, base=clinic.base, group=group_of(clinic.key, assigned), clinic=clinic.title
    )


def _postpone(desk: Desk, clinic: ClinicDesk, assigned: AssignedSet, reason: str) -> None:
    """Tried again after ever longer waits; a closed record is looked at once a day, and remembered once."""
    before = assigned_sets.writing_of(desk.store, clinic.key, assigned.id)
    waits = min(_AGAIN * 2 ** (before.attempts if before else 0), _LONGEST)
    later = deeds.PostponeAssigned(
        assigned.id, desk.now() + (_LONGEST if reason in CLOSED else waits), reason
    )
    is_known = reason in CLOSED and before is not None and before.reason == reason
    _perform(desk, clinic, later, None if is_known else _remembered(desk, clinic, assigned, reason))


def _perform(desk: Desk, clinic: ClinicDesk, change: deeds.Change, remembered: Record | None) -> None:
    records = () if remembered is None else (remembered,)
    desk.writer.perform(deeds.Deed(clinic.key, changes=(change,), records=records))


def _remembered(desk: Desk, clinic: ClinicDesk, assigned: AssignedSet, reason: str | None) -> Record:
    return record(
        desk,
        worker(desk, clinic.key, assigned.patient_id),
        Deed.FILING,
        patient=assigned.patient_id,
        what=f"Task/{assigned.id}/_history/{assigned.version}",
        outcome=audited.Outcome.FAILED if reason else audited.Outcome.SUCCESS,
        reason=reason,
    )


def worker(desk: Desk, clinic_key: str, patient_id: str) -> AccessContext:
    """The worker, as the log knows it."""
    return AccessContext(
        clinic=clinic_key,
        role=Role.WORKER,
        origin=Origin(desk.new_id()),
        client="infusion-journal-worker",
        patients=frozenset({patient_id}),
    )
