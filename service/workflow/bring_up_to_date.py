"""After anything changed about a patient's course: attach what waits, keep the assigned sets (rules 9 and 11).

What is kept follows from what was seen, decided and written; so this can be done at any time, by anybody, again.
"""

from dataclasses import dataclass

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed, Record
from service.journal.assigned import AssignedSet, brought_up_to_date
from service.journal.attaching import Waiting, attachments
from service.journal.closing import series_told
from service.journal.entries import Draft, EntryStatus, EntryVersion, Link, without_amendments
from service.journal.overview import Overview, overview
from service.journal.problems import Conflict, NotYours, TooBusy
from service.journal.questions import EntryQuery
from service.journal.release import is_held
from service.journal.series import EpisodeSeen
from service.store import assigned, courses, deeds, drafts, entries, merges
from service.store.deeds import GuardFailed
from service.workflow.desk import Desk
from service.workflow.open_course import MOST, seen_of
from service.workflow.owe_course import owe_courses
from service.workflow.relink_entry import attach_draft, relink_entry
from service.workflow.remember import record

_TRIES = 8  # each repeats only because somebody else changed the same patient's course meanwhile


@dataclass(frozen=True, slots=True)
class CourseNow:
    """A patient's course as it is known now: all of it in `view`, what others are told in `told`, and its revision."""

    context: AccessContext
    patient_id: str
    revision: int
    open_items: int
    view: Overview
    told: Overview
    drafts: tuple[Draft, ...]
    entries: tuple[EntryVersion, ...]
    episodes: tuple[EpisodeSeen, ...] = ()


def bring_up_to_date(desk: Desk, clinic_key: str, patient_id: str) -> None:
    """Attach and keep what follows from what is known of this patient now; the record that replaced theirs goes first.

    Where the store is too busy, nothing is done: the worker looks at every patient again.
    """
    surviving = merges.survivor(desk.store, clinic_key, patient_id) or patient_id
    for _ in range(_TRIES):
        course = course_now(desk, clinic_key, surviving)
        try:
            if not _attach(desk, course):
                _keep(desk, course)
                _owe(desk, course)
                return
        except GuardFailed:
            continue
        except TooBusy:
            return


def course_now(desk: Desk, clinic_key: str, patient_id: str) -> CourseNow:
    """The course of this patient, and of the records that theirs replaced; for the service itself."""
    ids = (patient_id, *merges.merged_into(desk.store, clinic_key, patient_id))
    context = AccessContext(
        clinic=clinic_key,
        role=Role.WORKER,
        origin=Origin(desk.new_id()),
        client="infusion-journal-worker",
        patients=frozenset(ids),
        subject=patient_id,
    )
    row = courses.course_row(desk.store, context, patient_id)
    begun = drafts.for_upkeep(desk.store, clinic_key, ids)
    sent = tuple(entries.find(desk.store, context, EntryQuery(patient_ids=ids, limit=MOST)))
    begun = tuple(without_amendments(begun, sent))
    home = desk.clinic(clinic_key)
    seen, now = seen_of(desk, context, ids), desk.now()
    view = overview(seen, home.rules, home.library, now, drafts=begun, entries=sent)
    # A Task may say "not today" (T-03). What is being written changes nothing that others are told (rule 13), and what
    # is held is like it until its release (rule 15).
    released = tuple(one for one in sent if not is_held(one, now))
    put_off = _put_off(begun, released)
    told = overview(seen, home.rules, home.library, now, drafts=put_off, entries=released)
    revision, open_items = (row.revision, row.open_items) if row else (0, 0)
    return CourseNow(context, patient_id, revision, open_items, view, told, begun, sent, seen.episodes)


def _put_off(begun: tuple[Draft, ...], sent: tuple[EntryVersion, ...]) -> list[Draft]:
    """What was put off for today, unless something else was sent for its infusion: that answers its Task."""
    live = (one for one in sent if one.status is not EntryStatus.ENTERED_IN_ERROR)
    answered = {one.link.encounter_id for one in live if one.link.encounter_id is not None}
    stopped = (one for one in begun if one.status is EntryStatus.STOPPED)
    return [one for one in stopped if one.link.encounter_id not in answered]


def _attach(desk: Desk, course: CourseNow) -> bool:
    """Attach what can only belong to one infusion; whether anything was."""
    within = desk.clinic(course.context.clinic).rules.series.attach_within
    found = attachments(_waiting(course), course.view.steps, within)
    attached = [_attach_one(desk, course, key, assignment.link) for key, assignment in found]
    return any(attached)


def _waiting(course: CourseNow) -> list[Waiting]:
    unlinked = [one for one in course.drafts if one.link.encounter_id is None]
    sent = [one for one in course.entries if one.link.encounter_id is None]
    settled = {item.entry_id for item in course.view.items}
    return [
        *(Waiting(one.key, one.started_at) for one in unlinked if one.answers),
        *(
            Waiting(one.key, one.begun_at or one.authored)
            for one in sent
            if one.status is not EntryStatus.ENTERED_IN_ERROR and one.id in settled and one.made_by is None
        ),
    ]


def _attach_one(desk: Desk, course: CourseNow, key: str, link: Link) -> bool:
    draft = next((one for one in course.drafts if one.key == key), None)
    entry = next((one for one in course.entries if one.key == key), None)
    try:
        if draft is not None:
            attach_draft(desk, course.context, draft, link)
        elif entry is not None:
            relink_entry(desk, course.context, entry, link)
    except (Conflict, NotYours):
        return False
    return True


def _keep(desk: Desk, course: CourseNow) -> None:
    store, context = desk.store, course.context
    kept = assigned.assigned_of(store, context, sorted(context.patients or ()))
    changed = brought_up_to_date(
        kept,
        course.told.steps,
        patient_id=course.patient_id,
        now=desk.now(),
        open_for=desk.clinic(context.clinic).rules.series.open_for,
        new_id=desk.new_id,
    )
    changes: tuple[deeds.Change, ...] = tuple(deeds.KeepAssigned(one) for one in changed)
    if len(course.told.items) != course.open_items:
        changes += (deeds.NoteOpenItems(course.patient_id, len(course.told.items)),)
    if changes:
        guard = deeds.CourseIsAt(course.patient_id, course.revision)
        records = tuple(_remembered(desk, context, one) for one in changed)
        desk.writer.perform(deeds.Deed(context.clinic, (guard,), changes, records))


def _owe(desk: Desk, course: CourseNow) -> None:
    """The documents of series that are over, where the clinic wants them (rule 20)."""
    told = series_told(course.told, course.episodes, desk.now())
    owe_courses(desk, course.context, course.context.patients or (), told)


def _remembered(desk: Desk, context: AccessContext, one: AssignedSet) -> Record:
    deed = Deed.CREATE if one.version == 1 else Deed.UPDATE
    what = f"Task/{one.id}/_history/{one.version}"
    return record(desk, context, deed, patient=one.patient_id, what=what, reason=one.status.value)
