"""What waits for a clinician: about the patient whose chart is open, or over patients for the care team (rule 29)."""

from dataclasses import dataclass

from service.access.context import AccessContext
from service.audit.record import Deed
from service.ehr.encounters import patients_named
from service.ehr.problems import RecordSystemProblem
from service.journal.match import EncounterSeen
from service.journal.problems import NotYours
from service.r4.patient import PatientSeen
from service.smart.problems import SmartProblem
from service.store import courses, infusions
from service.workflow.decide import chart_of, is_care_team
from service.workflow.desk import Desk
from service.workflow.open_course import OpenedCourse, look, reached
from service.workflow.remember import before_answering, record

MOST = 50  # patients on one page


@dataclass(frozen=True, slots=True)
class Charted:
    """One patient's course with the visits it was made from, by id. `patient` is None where nobody says their name."""

    opened: OpenedCourse
    visits: dict[str, EncounterSeen]
    patient: PatientSeen | None = None


def open_visits(desk: Desk, context: AccessContext) -> Charted:
    """The visits, infusions and open items of the patient whose chart is open; remembered as a read."""
    patient_id = context.only_patient
    if patient_id is None:
        raise NotYours
    charted = _charted(desk, context, None)
    reads = [record(desk, context, Deed.READ, patient=one, what="Worklist") for one in reached(context)]
    before_answering(desk, context, reads)
    return charted


def open_worklist(desk: Desk, context: AccessContext) -> tuple[Charted, ...]:
    """The patients of the clinic about whom something is open, in the order of their ids; each read is remembered.

    NotYours for whoever is not on the care team.
    """
    if not is_care_team(desk, context):
        raise NotYours
    ids = courses.with_open_items(desk.store, context.clinic, MOST)
    names = named(desk, context.clinic, ids)
    found = [_charted(desk, chart_of(desk, context, one), names.get(one)) for one in ids]
    found = [one for one in found if one.opened.overview.items]
    reads = [
        record(desk, context, Deed.READ, patient=one.opened.patient_id, what="Worklist") for one in found
    ]
    before_answering(desk, context, reads or [record(desk, context, Deed.SEARCH, what="Worklist")])
    return tuple(found)


def _charted(desk: Desk, context: AccessContext, patient: PatientSeen | None) -> Charted:
    visits = [
        visit for one in reached(context) for visit in infusions.encounters_of(desk.store, context, one)
    ]
    return Charted(look(desk, context), {visit.id: visit for visit in visits}, patient)


def named(desk: Desk, clinic_key: str, patient_ids: tuple[str, ...]) -> dict[str, PatientSeen]:
    """The patients as the record system names them; nobody where it is silent: ids say who is meant."""
    try:
        return patients_named(desk.clinic(clinic_key).for_delivery, patient_ids)
    except (RecordSystemProblem, SmartProblem):
        return {}
