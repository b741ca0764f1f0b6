"""A patient opens their course: each infusion, and where its writing stands."""

from dataclasses import dataclass

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import Filing
from service.journal.infusions import Course, course
from service.journal.problems import NotYours
from service.journal.questions import EntryQuery
from service.journal.series import Step, assign, steps
from service.store import drafts, entries, filings, infusions
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record

MOST = 500  # entries of one patient shown on one page


@dataclass(frozen=True, slots=True)
class OpenedCourse:
    """The steps in order, the filings by entry id, and whether some visit waits for a person to decide."""

    patient_id: str
    steps: tuple[Step, ...]
    filings: dict[str, Filing]
    in_doubt: bool


def open_course(desk: Desk, context: AccessContext) -> OpenedCourse:
    """The patient's own course, remembered as one read."""
    opened = look(desk, context)
    before_answering(
        desk, context, [record(desk, context, Deed.READ, patient=opened.patient_id, what="Course")]
    )
    return opened


def look(desk: Desk, context: AccessContext) -> OpenedCourse:
    """The course of the one patient in context, from what was last seen of the record system. Leaves no record."""
    patient_id = context.only_patient
    if patient_id is None:
        raise NotYours
    seen = course_of(desk, context, patient_id)
    rule = desk.clinic(context.clinic).rule
    ready = frozenset(one.encounter_id for one in seen.infusions if one.is_ready(desk.now(), rule))
    sent = entries.find(desk.store, context, EntryQuery(patient_ids=(patient_id,), limit=MOST))
    begun = drafts.drafts_of(desk.store, context) if context.sees_drafts else ()
    way = steps(assign(seen, desk.library), begun, sent, desk.library, ready)
    owed = {filing.entry_id: filing for filing in filings.of_patient(desk.store, context, patient_id)}
    return OpenedCourse(patient_id, way, owed, bool(seen.doubts))


def course_of(desk: Desk, context: AccessContext, patient_id: str) -> Course:
    """The patient's infusions by the clinic's rule, from the encounters last seen."""
    rule = desk.clinic(context.clinic).rule
    return course(infusions.encounters_of(desk.store, context, patient_id), rule)
