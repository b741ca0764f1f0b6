"""Looking into the record system for a patient's visits, and keeping what was seen (rules 7-10)."""

from contextlib import suppress
from dataclasses import replace

from service.access.context import AccessContext
from service.audit.record import Deed
from service.ehr.client import RecordSystem
from service.ehr.encounters import encounters_if_changed, episodes_of, merged_into
from service.ehr.problems import RecordSystemProblem
from service.journal.problems import NotYours, RecordSystemSilent
from service.smart.problems import SmartProblem
from service.smart.scopes import parse
from service.store import courses, deeds, infusions, merges
from service.store.deeds import GuardFailed
from service.store.sessions import Visit
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.recognise import Visitor
from service.workflow.remember import record

_TRIES = 5


def refresh_infusions(desk: Desk, context: AccessContext, visitor: Visitor) -> None:
    """Read the patient's encounters with the visit's own token; RecordSystemSilent leaves what was seen before."""
    patient_id = context.only_patient
    if patient_id is None:
        raise NotYours
    look_by_visit(desk, context, visitor.visit, patient_id)


def look_by_visit(desk: Desk, context: AccessContext, visit: Visit, patient_id: str) -> None:
    """Look with the visit's own token, where its granted scopes reach visits (SMART A-72); else RecordSystemSilent."""
    if not _may_search(visit.contents.scopes):
        raise RecordSystemSilent
    clinic = desk.clinic(context.clinic)
    look_again(desk, context, clinic.record_system(lambda: visit.contents.access_token), patient_id)


def _may_search(granted: str) -> bool:
    try:
        scopes = parse(granted)
    except SmartProblem:
        return False
    return any(scopes.allows(level, "Encounter", "s") for level in ("patient", "user"))


def look_again(desk: Desk, context: AccessContext, record_system: RecordSystem, patient_id: str) -> None:
    """Replace what was last seen of this patient by what the record system says now, and do what follows from it."""
    for _ in range(_TRIES):
        with suppress(GuardFailed):  # somebody looked or decided meanwhile: look anew, the newest look counts
            _look_and_keep(desk, context, record_system, patient_id)
            break
    bring_up_to_date(desk, context.clinic, patient_id)


def _look_and_keep(desk: Desk, context: AccessContext, record_system: RecordSystem, patient_id: str) -> None:
    clinic = desk.clinic(context.clinic)
    try:
        # A patient's own token does not reach the record that theirs replaced; the worker's does.
        replaced = merged_into(clinic.for_delivery, patient_id) if clinic.merged_patients else ()
        looks = [
            _look(desk, context, record_system, patient_id),
            *(_look(desk, context, clinic.for_delivery, one) for one in replaced),
        ]
    except (RecordSystemProblem, SmartProblem):
        raise RecordSystemSilent from None
    guards = tuple(guard for guard, _ in looks)
    changes = (*(change for _, change in looks), *_merges(desk, clinic, patient_id, replaced))
    records = tuple(
        record(desk, context, Deed.READ, patient=guard.patient_id, what="Encounter") for guard in guards
    )
    desk.writer.perform(deeds.Deed(context.clinic, guards, changes, records))


def _look(
    desk: Desk, context: AccessContext, record_system: RecordSystem, patient_id: str
) -> tuple[deeds.CourseIsAt, deeds.Change]:
    """What the record system shows of one patient's record, or that it shows what it showed; if nobody was quicker."""
    rules, began = desk.clinic(context.clinic).rules, desk.now()
    own = replace(context, patients=frozenset({patient_id}), subject=patient_id)
    row = courses.course_row(desk.store, own, patient_id)
    guard = deeds.CourseIsAt(patient_id, row.revision if row else 0)
    seen, etag = encounters_if_changed(record_system, patient_id, rules.match, row.etag if row else None)
    episodes = episodes_of(record_system, patient_id, rules.match.zone) if rules.series.episodes else ()
    if seen is None and episodes == courses.episodes_of(desk.store, own, patient_id):
        return guard, deeds.NoteUnchanged(patient_id, desk.now(), began)
    if seen is None:
        seen = infusions.encounters_of(desk.store, own, patient_id)
    return guard, deeds.RememberEncounters(
        patient_id, seen, desk.now(), episodes=episodes, look_began=began, etag=etag
    )


def _merges(
    desk: Desk, clinic: ClinicDesk, patient_id: str, replaced: tuple[str, ...]
) -> tuple[deeds.Change, ...]:
    """Confirmed merges are kept with the instant of their confirmation; what is no longer confirmed is dropped."""
    known = merges.directly_into(desk.store, clinic.key, patient_id)
    gone = [one for one in known if one not in replaced]
    if merges.survivor(desk.store, clinic.key, patient_id) in replaced:
        gone.append(patient_id)  # merged the other way round before: kept as well, it would be a circle
    return (
        *(deeds.DropMerge(one) for one in gone),
        *(deeds.KeepMerge(one, patient_id, desk.now()) for one in replaced),
    )
