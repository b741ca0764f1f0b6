"""The worker looks for new infusions: what was notified, what is owed, what changed since last time (rules 7-9).

A changed-since search can miss what the record system commits late, so each goes back a little over the last one, and
every known patient is looked at in full once in a while.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from service.access.context import AccessContext, Origin, Role
from service.ehr.encounters import encounter_of
from service.ehr.finding import changed_since, way_to_find
from service.ehr.problems import RecordSystemProblem, Refused, Unreadable
from service.journal.problems import RecordSystemSilent, TooBusy
from service.smart.problems import SmartProblem
from service.store import courses, deeds, finding
from service.store.finding import Finding
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.refresh_infusions import look_again

OVERLAP = timedelta(minutes=10)  # how late a record system may commit what it dated earlier
_LEASE = timedelta(minutes=10)
_AGAIN = timedelta(minutes=1)  # after a silent record system
_AT_ONCE = 20


def find_infusions(desk: Desk, clinic_key: str, owner: str) -> int:
    """Look wherever something may be new at this clinic; how many patients were looked at. Silence waits a minute."""
    clinic = desk.clinic(clinic_key)
    _read_notices(desk, clinic)
    with suppress(RecordSystemProblem, SmartProblem):  # it is due again, and the next round asks
        _poll(desk, clinic, owner)
    return _look_where_due(desk, clinic)


def _read_notices(desk: Desk, clinic: ClinicDesk) -> None:
    """A notification only names an encounter; whose it is, the record system says when asked (T-35)."""
    for notice in finding.take_notices(desk.store, clinic.key, _AT_ONCE):
        try:
            seen = encounter_of(clinic.for_delivery, notice.encounter_id)
        except (Refused, Unreadable):
            seen = None  # asking again would not help; the patient's next look finds what there is
        except (RecordSystemProblem, SmartProblem):
            return  # silent: what was noted stays noted
        owed: tuple[deeds.Change, ...] = (deeds.OweLook(seen.patient_id, desk.now()),) if seen else ()
        done = deeds.DropNotices((notice.encounter_id,), notice.received_at)
        desk.writer.perform(deeds.Deed(clinic.key, changes=(*owed, done)))


def _poll(desk: Desk, clinic: ClinicDesk, owner: str) -> None:
    if clinic.finding.poll is None:
        return
    now = desk.now()
    known = finding.finding_of(desk.store, clinic.key)
    if known is not None and known.due_at is not None and known.due_at > now:
        return
    claimed = desk.writer.run_alone(
        lambda connection: finding.claim_finding(connection, clinic.key, now, _LEASE, owner)
    )
    if claimed is None:
        return
    try:
        owed = _who_changed(desk, clinic, claimed, now)
    except (RecordSystemProblem, SmartProblem):
        _keep(desk, clinic, deeds.KeepFinding(due_at=now + _AGAIN, owner=owner))
        raise
    stands = deeds.KeepFinding(since=now, looked_at=now, due_at=now + clinic.finding.poll, owner=owner)
    _keep(desk, clinic, *(deeds.OweLook(one, now) for one in sorted(owed)), stands)


def _who_changed(desk: Desk, clinic: ClinicDesk, claimed: Finding, now: datetime) -> set[str]:
    """Whose visits may have changed: by the record system's own word, else every known patient; and who is overdue."""
    way = way_to_find(clinic.for_delivery.capabilities())
    overdue = set(courses.known_patients(desk.store, clinic.key, now - clinic.finding.daily_look, _AT_ONCE))
    if way.by_last_updated:
        since = (claimed.since or now - clinic.finding.daily_look) - OVERLAP
        return overdue | {patient for patient, _, _ in changed_since(clinic.for_delivery, since)}
    if way.by_patient:
        return set(courses.known_patients(desk.store, clinic.key, now))
    return overdue


def _keep(desk: Desk, clinic: ClinicDesk, *changes: deeds.Change) -> None:
    desk.writer.perform(deeds.Deed(clinic.key, changes=changes))


def _look_where_due(desk: Desk, clinic: ClinicDesk) -> int:
    looked = 0
    for patient_id in courses.looks_due(desk.store, clinic.key, desk.now(), _AT_ONCE):
        try:
            look_again(desk, _worker(desk, clinic.key, patient_id), clinic.for_delivery, patient_id)
            looked += 1
        except RecordSystemSilent:
            later = deeds.PostponeLook(patient_id, desk.now() + _AGAIN)
            desk.writer.perform(deeds.Deed(clinic.key, changes=(later,)))
        except TooBusy:
            break
    return looked


def _worker(desk: Desk, clinic_key: str, patient_id: str) -> AccessContext:
    return AccessContext(
        clinic=clinic_key,
        role=Role.WORKER,
        origin=Origin(desk.new_id()),
        client="infusion-journal-worker",
        patients=frozenset({patient_id}),
        subject=patient_id,
    )
