"""A clinician settles what waits on the worklist, or says a word of their own about a visit, a series or an entry.

Every decision is kept with who, when and why, and what follows from it follows at once (rules 7-11).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import Link
from service.journal.problems import ChangedElsewhere, NotAllowed, NotYours, Unusable
from service.journal.prompts import PromptLibrary
from service.journal.rulings import Reason, Ruling, RulingKind
from service.journal.series import Assignment
from service.journal.worklist import Way, WorkItem
from service.store import courses, deeds, merges
from service.store.deeds import GuardFailed
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.desk import Desk
from service.workflow.open_course import OpenedCourse, look
from service.workflow.relink_entry import relink_entry
from service.workflow.remember import record

_TRIES = 8  # each repeats only because the same patient's course changed meanwhile


class NotThisWay(Unusable):
    """That cannot be decided so. Please look at the list again."""


class TimeMissing(Unusable):
    """Please say on which day and at what time the infusion began."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a clinician chose for one work item. `target` is an encounter's id, `at` an instant, where asked for."""

    item_id: str
    way: Way
    why: Reason
    target: str | None = None
    at: datetime | None = None


_KINDS = {
    Way.GIVEN: RulingKind.GIVEN,
    Way.NOT_GIVEN: RulingKind.NOT_GIVEN,
    Way.ONE: RulingKind.ONE,
    Way.SEPARATE: RulingKind.SEPARATE,
    Way.LEAVE: RulingKind.LEFT_AS_IT_IS,
    Way.ASK_REPEATING: RulingKind.ASK_SET,
    Way.ASK_CLOSING: RulingKind.ASK_SET,
    Way.ASK_NOTHING: RulingKind.ASK_NOTHING,
}
# What may be said of an infusion without its waiting on the list (rules 7 and 10).
OF_ONES_OWN = (
    RulingKind.NOT_GIVEN,
    RulingKind.SERIES_BEGINS,
    RulingKind.SERIES_CLOSED,
    RulingKind.ASK_SET,
    RulingKind.ASK_NOTHING,
)


def chart_of(desk: Desk, context: AccessContext, patient_id: str) -> AccessContext:
    """The context with this patient's chart open: the launched one, any for the care team (rule 29); else NotYours."""
    if context.only_patient == patient_id:
        return context
    if not is_care_team(desk, context):
        raise NotYours
    merged: tuple[str, ...] = ()
    if desk.clinic(context.clinic).merged_patients:
        merged = merges.merged_into(desk.store, context.clinic, patient_id)
    return replace(context, patients=frozenset({patient_id, *merged}), subject=patient_id)


def is_care_team(desk: Desk, context: AccessContext) -> bool:
    """Whether the one who asks is on the clinic's care team, whose lists go over patients."""
    return context.person in desk.clinic(context.clinic).care_team


def settle(desk: Desk, context: AccessContext, patient_id: str, decision: Decision) -> None:
    """Settle one item of this patient's worklist; ChangedElsewhere where it no longer stands there as it was shown."""
    chart = chart_of(desk, context, patient_id)
    for _ in range(_TRIES):
        try:
            _settle(desk, chart, patient_id, decision)
            return
        except GuardFailed:
            continue  # something changed meanwhile: whether the item still stands there is asked anew
    raise ChangedElsewhere


def _settle(desk: Desk, chart: AccessContext, patient_id: str, decision: Decision) -> None:
    row = courses.course_row(desk.store, chart, patient_id)
    opened = look(desk, chart)
    item = next((one for one in opened.overview.items if one.id == decision.item_id), None)
    if item is None:
        raise ChangedElsewhere
    if decision.way not in item.ways:
        raise NotThisWay
    if decision.way in (Way.ATTACH, Way.DETACH):
        link = _target(opened, decision.target).link if decision.way is Way.ATTACH else Link()
        _move(desk, chart, opened, item.entry_id, link, decision.why)
        return
    as_looked_at = deeds.CourseIsAt(patient_id, row.revision if row else 0)
    _say(desk, chart, patient_id, _ruling(desk, chart, opened, item, decision), as_looked_at)


def decide(
    desk: Desk,
    context: AccessContext,
    patient_id: str,
    kind: RulingKind,
    encounter_id: str,
    why: Reason,
    set_url: str | None = None,
) -> None:
    """Say a word about a counted infusion: not given, a series begins or ends with it, a set or nothing is asked."""
    chart = chart_of(desk, context, patient_id)
    infusion = look(desk, chart).overview.course.infusion_of([encounter_id])
    if infusion is None:
        raise NotYours
    known = set_url is None or desk.clinic(chart.clinic).library.by_url(set_url) is not None
    if kind not in OF_ONES_OWN or not known or (kind is RulingKind.ASK_SET) != (set_url is not None):
        raise NotThisWay
    ruling = _by(desk, chart, patient_id, kind, why)
    _say(desk, chart, patient_id, replace(ruling, encounter_ids=infusion.encounter_ids, set_url=set_url))


def take_back(desk: Desk, context: AccessContext, patient_id: str, ruling_id: str, why: Reason) -> None:
    """Withdraw a decision; what was decided before it holds again. NotYours where there is no such decision."""
    chart = chart_of(desk, context, patient_id)
    standing = {one.id for one in look(desk, chart).overview.rulings.standing}
    if ruling_id not in standing:
        raise NotYours
    ruling = _by(desk, chart, patient_id, RulingKind.WITHDRAWN, why)
    _say(desk, chart, patient_id, replace(ruling, about=ruling_id))


def move_entry_to(
    desk: Desk, context: AccessContext, patient_id: str, entry_id: str, encounter_id: str | None, why: Reason
) -> None:
    """Move a sent entry to another infusion that nothing was written for, or off every one (None)."""
    chart = chart_of(desk, context, patient_id)
    opened = look(desk, chart)
    link = Link() if encounter_id is None else _target(opened, encounter_id).link
    _move(desk, chart, opened, entry_id, link, why)


def _move(
    desk: Desk, chart: AccessContext, opened: OpenedCourse, entry_id: str | None, link: Link, why: Reason
) -> None:
    """Give the entry, as it was looked at, its new link in the name of whoever asks, and do what follows."""
    seen = next((step.entry for step in opened.steps if step.entry and step.entry.id == entry_id), None)
    if seen is None:
        raise NotYours
    if chart.person is None:
        raise NotAllowed
    moved = relink_entry(desk, chart, seen, link, made_by=chart.person, why=why)
    bring_up_to_date(desk, chart.clinic, moved.patient_id)


def _target(opened: OpenedCourse, encounter_id: str | None) -> Assignment:
    """The infusion an entry shall come to: a counted one that has no sent entry."""
    for step in opened.steps:
        assignment = None if step.is_started else step.assignment
        if assignment is not None and encounter_id in assignment.infusion.encounter_ids:
            return assignment
    raise NotThisWay


def _ruling(
    desk: Desk, chart: AccessContext, opened: OpenedCourse, item: WorkItem, decision: Decision
) -> Ruling:
    ruling = _by(desk, chart, opened.patient_id, _KINDS[decision.way], decision.why)
    if decision.way is Way.LEAVE:
        return replace(ruling, about=item.id, entry_id=item.entry_id)
    if decision.way is Way.GIVEN:
        return replace(ruling, encounter_ids=item.encounter_ids, at=_time(item, decision))
    if decision.way in (Way.ONE, Way.SEPARATE):
        return replace(ruling, encounter_ids=item.encounter_ids, beside=_beside(opened, item, decision))
    set_url = _set_url(desk.clinic(chart.clinic).library, decision.way)
    return replace(ruling, encounter_ids=item.encounter_ids, set_url=set_url)


def _time(item: WorkItem, decision: Decision) -> datetime | None:
    if item.asks_for_time and decision.at is None:
        raise TimeMissing
    return decision.at


def _beside(opened: OpenedCourse, item: WorkItem, decision: Decision) -> tuple[str, ...]:
    """Which visits it is one with, or apart from: all it stands beside, or the infusion that was chosen."""
    if decision.target is None:
        if item.asks_for_time and len(_infusions(opened, item.beside)) > 1:
            raise NotThisWay  # one with which of them? With all it would make them one
        return item.beside
    infusion = opened.overview.course.infusion_of([decision.target])
    if infusion is None or decision.target not in item.beside:
        raise NotThisWay
    return infusion.encounter_ids


def _infusions(opened: OpenedCourse, encounter_ids: Iterable[str]) -> set[str]:
    """The infusions that these encounters document, each by the encounter that names it."""
    found = (opened.overview.course.infusion_of([one]) for one in encounter_ids)
    return {one.encounter_id for one in found if one is not None}


def _set_url(library: PromptLibrary, way: Way) -> str | None:
    asked = {Way.ASK_REPEATING: library.repeating, Way.ASK_CLOSING: library.closing}.get(way)
    return asked.url if asked else None


def _by(desk: Desk, chart: AccessContext, patient_id: str, kind: RulingKind, why: Reason) -> Ruling:
    if chart.person is None:
        raise NotAllowed
    return Ruling(desk.new_id(), patient_id, kind, chart.person, desk.now(), why)


def _say(desk: Desk, chart: AccessContext, patient_id: str, ruling: Ruling, *guards: deeds.Guard) -> None:
    remembered = record(
        desk,
        chart,
        Deed.DECIDE,
        patient=patient_id,
        what=_named(ruling),
        reason=f"{ruling.kind}:{ruling.why}",
    )
    desk.writer.perform(deeds.Deed(chart.clinic, guards, (deeds.SaveRuling(ruling),), (remembered,)))
    bring_up_to_date(desk, chart.clinic, patient_id)


def _named(ruling: Ruling) -> str:
    """What the decision is about, as the record names it: the first encounter, the entry, or the decision itself."""
    if ruling.entry_id is not None:
        return f"QuestionnaireResponse/{ruling.entry_id}"
    return f"Encounter/{ruling.encounter_ids[0]}" if ruling.encounter_ids else f"Decision/{ruling.about}"
