"""A patient opens their course: each infusion, and where its writing stands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.attaching import sets_to_write_now
from service.journal.entries import Draft, Filing, FilingKind, without_amendments
from service.journal.overview import Overview, Seen, overview
from service.journal.problems import NotYours
from service.journal.prompts import PromptSet
from service.journal.questions import EntryQuery
from service.journal.rulings import Rulings
from service.journal.steps import Step
from service.store import courses, drafts, entries, filings, infusions, rulings
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record

MOST = 500  # entries of one patient shown on one page


@dataclass(frozen=True, slots=True)
class OpenedCourse:
    """What the rules say about one patient now, what is owed of it, and the sets they could write in at once.

    `owed` has every filing in the order in which they were owed, `amending` what was begun to change an entry, by its
    key.
    """

    patient_id: str
    overview: Overview
    owed: tuple[Filing, ...]
    amending: Mapping[str, Draft]
    to_write_now: tuple[PromptSet, ...] = ()

    @property
    def filings(self) -> dict[str, Filing]:
        """By entry id the filing that tells how far it is on its way: its newest version's document, or the strike."""
        return {one.entry_id: one for one in self.owed if one.kind in (FilingKind.SUMMARY, FilingKind.STRIKE)}

    @property
    def steps(self) -> tuple[Step, ...]:
        """The patient's way, in order."""
        return self.overview.steps

    @property
    def in_doubt(self) -> bool:
        """Whether some visit waits for a person to decide."""
        return bool(self.overview.course.doubts)


def open_course(desk: Desk, context: AccessContext) -> OpenedCourse:
    """The patient's own course, remembered as one read of each record within reach."""
    opened = look(desk, context)
    reads = [record(desk, context, Deed.READ, patient=one, what="Course") for one in reached(context)]
    before_answering(desk, context, reads)
    return opened


def look(desk: Desk, context: AccessContext) -> OpenedCourse:
    """The course of the one patient in context, from what was last seen of the record system. Leaves no record."""
    patient_id = context.only_patient
    if patient_id is None:
        raise NotYours
    ids = reached(context)
    sent = entries.find(desk.store, context, EntryQuery(patient_ids=ids, limit=MOST))
    begun = drafts.drafts_of(desk.store, context) if context.sees_drafts else ()
    seen, home = seen_of(desk, context, ids), desk.clinic(context.clinic)
    fresh = without_amendments(begun, sent)
    view = overview(seen, home.rules, home.library, desk.now(), drafts=fresh, entries=sent)
    owed = tuple(filing for one in ids for filing in filings.of_patient(desk.store, context, one))
    amending = {one.key: one for one in begun if one not in fresh}
    return OpenedCourse(
        patient_id, view, owed, amending, sets_to_write_now(view.steps, home.library, home.rules.series)
    )


def reached(context: AccessContext) -> tuple[str, ...]:
    """The patient in context first, then the records that theirs replaced (threat T9); NotYours for a whole clinic."""
    patient_id = context.only_patient
    if patient_id is None or context.patients is None:
        raise NotYours
    return (patient_id, *sorted(context.patients - {patient_id}))


def seen_of(desk: Desk, context: AccessContext, patient_ids: Collection[str]) -> Seen:
    """What is known of these records' visits, and what was decided about them."""
    store = desk.store
    return Seen(
        tuple(visit for one in patient_ids for visit in infusions.encounters_of(store, context, one)),
        tuple(episode for one in patient_ids for episode in courses.episodes_of(store, context, one)),
        Rulings(rulings.rulings_of(store, context, patient_ids)),
    )
