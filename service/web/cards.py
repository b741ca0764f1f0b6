"""What a clinician's lists show of one patient: items to decide, infusions with their evidence, decisions, visits.

From the rules' values to rows, without a word: the words stand in templates/clinician. Nothing here is a patient's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from service.journal.entries import EntryStatus, Filing
from service.journal.infusions import DoubtReason
from service.journal.match import EncounterSeen, Why
from service.journal.overview import Overview
from service.journal.prompts import PromptLibrary
from service.journal.rulings import Reason, Ruling
from service.journal.series import Assignment
from service.journal.steps import Standing, Step
from service.journal.worklist import Waits, Way, WorkItem
from service.web import wording

_NOON = time(12)
# What a clinician will most often mean; every form lets them say something else.
_WHY = {
    Way.ONE: Reason.DOCUMENTED_TWICE,
    Way.ASK_REPEATING: Reason.TREATMENT_PLAN,
    Way.ASK_CLOSING: Reason.TREATMENT_PLAN,
    Way.ASK_NOTHING: Reason.TREATMENT_PLAN,
    Way.DETACH: Reason.WRONG_VISIT,
}


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit as the record system shows it. Where it names only a day, `began` is noon there and `has_time` false.

    `status` is empty where the visit is not there any more. `why` says why a visit does not count.
    """

    id: str
    kind: str
    status: str
    began: datetime | None
    has_time: bool
    ended: datetime | None
    in_question: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One infusion to choose, by the encounter that names it."""

    encounter_id: str
    ordinal: int
    when: datetime
    has_time: bool


@dataclass(frozen=True, slots=True)
class WayRow:
    """One way to settle an item. `places` is what has to be chosen; `day` stands in the field where a time is asked."""

    way: str
    why: str
    places: tuple[Place, ...] = ()
    asks_time: bool = False
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One thing to decide, with its evidence and its ways."""

    id: str
    reason: str
    waits: str
    visits: tuple[VisitRow, ...]
    ways: tuple[WayRow, ...]
    entry_id: str | None
    set_title: str | None
    was_ordinal: int | None
    was_when: datetime | None
    now_ordinal: int | None
    gone: str | None


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A sent entry: where its filing stands, and how it differs from today's reading."""

    entry_id: str
    set_title: str | None
    ordinal: int | None
    when: datetime
    state: str
    difference: str | None


@dataclass(frozen=True, slots=True)
class CountedRow:
    """One infusion with its evidence. `state` is where its writing stands for others: begun looks like not begun."""

    place: Place
    set_title: str | None
    state: str
    written: tuple[WrittenRow, ...]
    visits: tuple[VisitRow, ...]
    ties: tuple[str, ...]
    rule_version: str


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series: its number from the first on, what it began with, and its infusions in order."""

    number: int
    opened: str
    infusions: tuple[CountedRow, ...]


@dataclass(frozen=True, slots=True)
class RulingRow:
    """One decision that holds: what was said of which visits, set or entry, by whom, when and why."""

    id: str
    kind: str
    said_by: str
    said_at: datetime
    why: str
    visits: tuple[VisitRow, ...]
    beside: tuple[VisitRow, ...]
    at: datetime | None
    set_title: str | None
    set_is_closing: bool
    entry_id: str | None
    entry_title: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rows are made from: the rules' answers, the visits by id, what is published, and the clinic's zone."""

    overview: Overview
    visits: Mapping[str, EncounterSeen]
    library: PromptLibrary
    filings: Mapping[str, Filing]
    zone: str

    def visit(self, encounter_id: str, *, in_question: bool = False, why: str | None = None) -> VisitRow:
        """One visit by its id, whether or not the record system still shows it."""
        seen = self.visits.get(encounter_id)
        if seen is None:
            return VisitRow(encounter_id, "", "", None, False, None, in_question, why)
        began, ended = seen.start or _noon(seen.start_day, self.zone), seen.end
        kind = ", ".join(one.code for one in seen.types or seen.service_types)
        return VisitRow(seen.id, kind, seen.status, began, seen.start is not None, ended, in_question, why)


def cards(seen: Seen) -> tuple[Card, ...]:
    """What is open about this patient, in the order of the worklist."""
    return tuple(_card(item, seen) for item in seen.overview.items)


def series_rows(seen: Seen) -> tuple[SeriesRow, ...]:
    """The series in the order in which they began, each with its infusions."""
    by_series: dict[str, list[Assignment]] = {}
    for one in seen.overview.assignments:
        by_series.setdefault(one.series, []).append(one)
    return tuple(
        SeriesRow(number, key.partition(":")[0], tuple(_counted(one, seen) for one in found))
        for number, (key, found) in enumerate(by_series.items(), start=1)
    )


def apart(seen: Seen) -> tuple[WrittenRow, ...]:
    """The entries that belong to no infusion that counts today."""
    return tuple(
        _written(step, seen)
        for step in seen.overview.steps
        if step.entry is not None and step.assignment is None
    )


def ruling_rows(seen: Seen) -> tuple[RulingRow, ...]:
    """The decisions that hold, the newest first."""
    return tuple(_ruling(one, seen) for one in reversed(seen.overview.rulings.standing))


def left_out(seen: Seen) -> tuple[VisitRow, ...]:
    """The visits that do not count, each with why; those that wait for a person stand among the items."""
    waiting = {i for doubt in seen.overview.course.doubts for i in doubt.encounter_ids}
    found = [
        seen.visit(one, why=_why(why, one, seen))
        for one, why in seen.overview.course.left_out
        if one not in waiting
    ]
    return tuple(
        sorted(found, key=lambda one: (one.began is None, one.began.timestamp() if one.began else 0.0))
    )


def free_places(steps: Iterable[Step]) -> tuple[Place, ...]:
    """The infusions an entry can be moved to: those that nothing was sent for."""
    return tuple(
        place(step.assignment) for step in steps if step.assignment is not None and not step.is_started
    )


def place(assignment: Assignment) -> Place:
    """An assigned infusion as something to choose."""
    infusion = assignment.infusion
    return Place(infusion.encounter_id, assignment.ordinal, infusion.start, infusion.has_time)


def _card(item: WorkItem, seen: Seen) -> Card:
    concerned = [seen.visit(one, in_question=bool(item.beside)) for one in item.encounter_ids]
    against = [seen.visit(one) for one in item.beside] if item.reason != DoubtReason.NO_START else []
    title = item.now.prompt_set.title if item.now and item.now.prompt_set else None
    return Card(
        id=item.id,
        reason=item.reason,
        waits=item.waits.value,
        visits=(*concerned, *against),
        ways=tuple(row for way in item.ways if (row := _way(way, item, seen)) is not None),
        entry_id=item.entry_id,
        set_title=item.set_title or title,
        was_ordinal=item.was_ordinal,
        was_when=item.was_start,
        now_ordinal=item.now.ordinal if item.now else None,
        gone=next((one.status for one in concerned), None) if item.waits is Waits.DIFFERENCE else None,
    )


def _way(way: Way, item: WorkItem, seen: Seen) -> WayRow | None:
    """One way as a form; None where the clinic has not published what it would ask."""
    asked = {Way.ASK_REPEATING: seen.library.repeating, Way.ASK_CLOSING: seen.library.closing}
    if way in asked and asked[way] is None:
        return None
    why = (_WHY.get(way) or Reason.SEEN_IN_CHART).value
    if way is Way.ATTACH:
        moves = item.waits is Waits.DIFFERENCE
        why = Reason.WRONG_VISIT.value if moves else why
        return WayRow(way.value, why, tuple(place(one) for one in item.targets))
    if way is Way.ONE and item.asks_for_time:
        return WayRow(way.value, why, _places_beside(item, seen.overview.assignments))
    if way is Way.GIVEN and item.asks_for_time:
        first = seen.visits.get(item.encounter_ids[0])
        return WayRow(way.value, why, asks_time=True, day=first.start_day if first else None)
    return WayRow(way.value, why)


def _places_beside(item: WorkItem, assignments: Iterable[Assignment]) -> tuple[Place, ...]:
    """The infusions among what the item stands beside, each under an encounter that the item names."""
    found = []
    for one in assignments:
        named = next((i for i in one.infusion.encounter_ids if i in item.beside), None)
        if named is not None:
            found.append(Place(named, one.ordinal, one.infusion.start, one.infusion.has_time))
    return tuple(found)


def _counted(assignment: Assignment, seen: Seen) -> CountedRow:
    infusion = assignment.infusion
    own = [step for step in seen.overview.steps if step.assignment == assignment]
    untouched = next((step for step in own if not step.is_started), None)
    return CountedRow(
        place=place(assignment),
        set_title=assignment.prompt_set.title if assignment.prompt_set else None,
        state=_state(untouched),
        written=tuple(_written(step, seen) for step in own if step.entry is not None),
        visits=tuple(seen.visit(one) for one in infusion.encounter_ids),
        ties=tuple(one.value for one in infusion.ties),
        rule_version=assignment.rule_version,
    )


def _state(untouched: Step | None) -> str:
    if untouched is None:
        return "written"
    return wording.asked_state(untouched) if untouched.standing == Standing.NO_SET else "not-written"


def _written(step: Step, seen: Seen) -> WrittenRow:
    entry = step.entry
    if entry is None:
        raise ValueError("nothing was sent")
    wrong = entry.status is EntryStatus.ENTERED_IN_ERROR
    return WrittenRow(
        entry_id=entry.id,
        set_title=step.set_title,
        ordinal=step.link.ordinal,
        when=entry.begun_at or entry.authored,
        state=entry.status.value if wrong else wording.delivery_state(seen.filings.get(entry.id)),
        difference=step.difference,
    )


def _ruling(one: Ruling, seen: Seen) -> RulingRow:
    asked = seen.library.by_url(one.set_url) if one.set_url else None
    return RulingRow(
        id=one.id,
        kind=one.kind.value,
        said_by=one.said_by,
        said_at=one.said_at,
        why=one.why.value,
        visits=tuple(seen.visit(i) for i in one.encounter_ids),
        beside=tuple(seen.visit(i) for i in one.beside),
        at=one.at,
        set_title=asked.title if asked else None,
        set_is_closing=asked is not None and asked == seen.library.closing,
        entry_id=one.entry_id,
        entry_title=next(
            (step.set_title for step in seen.overview.steps if step.entry and step.entry.id == one.entry_id),
            None,
        ),
    )


def _why(why: Why, encounter_id: str, seen: Seen) -> str:
    """The reason, and for a status which one."""
    visit = seen.visits.get(encounter_id)
    known = visit is not None and visit.status in ("planned", "cancelled", "entered-in-error")
    return visit.status if visit is not None and known and why is Why.STATUS else why.value


def _noon(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, _NOON, ZoneInfo(zone)) if day else None
