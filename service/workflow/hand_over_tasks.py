"""The worker hands assigned sets to a record system that takes Tasks (rule 10; questionnaires-sdc F)."""

from datetime import timedelta
from uuid import UUID, uuid5

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed, Outcome, Record
from service.ehr.outcome import Filed, HeldThere, Refused
from service.ehr.tasks import write_task
from service.journal.assigned import AssignedSet
from service.r4 import task
from service.store import assigned as assigned_sets
from service.store import deeds
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.remember import record

_LEASE = timedelta(minutes=5)
_AGAIN = timedelta(minutes=5)
_LONGEST = timedelta(hours=24)
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
    return sum(_hand_over(desk, clinic, one) for one in claimed)


def _hand_over(desk: Desk, clinic: ClinicDesk, assigned: AssignedSet) -> bool:
    body = task.write_for_record_system(
        assigned, base=clinic.base, group=group_of(clinic.key, assigned), clinic=clinic.title
    )
    outcome = write_task(clinic.for_delivery, body, f"urn:uuid:{assigned.id}")
    if isinstance(outcome, Filed | HeldThere):
        written: deeds.Change = deeds.NoteAssignedWritten(assigned.id, assigned.version)
        _perform(desk, clinic, written, _remembered(desk, clinic, assigned, None))
        return True
    reason = outcome.why.value if isinstance(outcome, Refused) else type(outcome).__name__.lower()
    writing = assigned_sets.writing_of(desk.store, clinic.key, assigned.id)
    waits = min(_AGAIN * 2 ** (writing.attempts if writing else 0), _LONGEST)
    later = deeds.PostponeAssigned(assigned.id, desk.now() + waits, reason)
    _perform(desk, clinic, later, _remembered(desk, clinic, assigned, reason))
    return False


def _perform(desk: Desk, clinic: ClinicDesk, change: deeds.Change, remembered: Record) -> None:
    desk.writer.perform(deeds.Deed(clinic.key, changes=(change,), records=(remembered,)))


def _remembered(desk: Desk, clinic: ClinicDesk, assigned: AssignedSet, reason: str | None) -> Record:
    worker = AccessContext(
        clinic=clinic.key,
        role=Role.WORKER,
        origin=Origin(desk.new_id()),
        client="infusion-journal-worker",
        patients=frozenset({assigned.patient_id}),
    )
    return record(
        desk,
        worker,
        Deed.FILING,
        patient=assigned.patient_id,
        what=f"Task/{assigned.id}/_history/{assigned.version}",
        outcome=Outcome.FAILED if reason else Outcome.SUCCESS,
        reason=reason,
    )
