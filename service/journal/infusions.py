"""Which encounters were infusions, and which of them were one and the same (product rules 7-9).

The record system documents visits; `match` says which of them count. Here several encounters of one treatment are
collapsed, each infusion gets its place in time, and what is doubtful is handed to a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import combinations
from zoneinfo import ZoneInfo

from service.journal.match import NEVER_COUNTED, EncounterSeen, MatchRule, Why
from service.journal.rulings import RulingKind, Rulings
from service.journal.visit_parts import under_counted, wholes


class Tie(StrEnum):
    """What makes two encounters one infusion."""

    PART_OF = "part-of"
    APPOINTMENT = "same-appointment"
    OVERLAP = "overlap"
    SAID = "said-by-a-clinician"


class DoubtReason(StrEnum):
    """Why no rule can say what an encounter was (rule 8)."""

    NO_START = "no-start"
    NO_TIME = "no-time-on-a-day-with-two"
    LONG_OVERLAP = "overlap-beyond-the-usual-stay"
    TIED_APART = "tied-but-far-apart"
    NO_PROOF = "no-proof"


@dataclass(frozen=True, slots=True)
class Infusion:
    """One treatment, with the encounters that document it; the first of them carries the link.

    `start` is midnight in the clinic's zone where the record system names only the day (`has_time` is false).
    `ready_at` is the instant from which its prompt set may be offered (rule 7).
    """

    encounter_ids: tuple[str, ...]
    start: datetime
    end: datetime | None
    ready_at: datetime
    has_time: bool = True
    ties: tuple[Tie, ...] = ()
    episode: str | None = None

    @property
    def encounter_id(self) -> str:
        """The encounter that entries and documents refer to."""
        return self.encounter_ids[0]

    def is_ready(self, now: datetime) -> bool:
        """Whether its prompt set may be offered."""
        return now >= self.ready_at


@dataclass(frozen=True, slots=True)
class Doubt:
    """Encounters that count, of which no rule can say when or what they were: for a person (rule 8).

    `beside` are the encounters they cannot be told apart from, or from which they cannot be told to be one.
    """

    encounter_ids: tuple[str, ...]
    reason: DoubtReason
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """A patient's infusions in order, what could not be placed, and why the other visits do not count."""

    infusions: tuple[Infusion, ...]
    doubts: tuple[Doubt, ...]
    rule_version: str
    left_out: tuple[tuple[str, Why], ...] = ()

    def infusion_of(self, encounter_ids: Iterable[str]) -> Infusion | None:
        """The first infusion that one of these encounters documents."""
        wanted = set(encounter_ids)
        return next((one for one in self.infusions if not wanted.isdisjoint(one.encounter_ids)), None)


def course(encounters: Iterable[EncounterSeen], rule: MatchRule, rulings: Rulings | None = None) -> Course:
    """The patient's infusions in the order of their start, ties by encounter id (rules 8 and 9).

    The order of `encounters` does not matter, and an encounter that stands there twice counts once.
    """
    said = rulings or Rulings()
    seen = {one.id: one for one in sorted(encounters, key=lambda one: one.id)}
    judged = [(one, _judge_in_place(one, seen, rule, said)) for one in seen.values()]
    counted = under_counted((one for one, why in judged if why is Why.COUNTS), seen)
    placed = sorted((_Placed(one, rule, said) for one in counted), key=lambda one: one.key)
    groups = _collapse(placed, rule, said)
    doubts = [*_doubts(groups), *_without_proof(judged, placed, rule, said)]
    unclear = {encounter_id for doubt in doubts for encounter_id in doubt.encounter_ids}
    infusions = [_as_infusion(group, rule) for group in groups if unclear.isdisjoint(group.ids)]
    infusions.sort(key=lambda infusion: (infusion.start, infusion.encounter_id))
    left_out = tuple((one.id, why) for one, why in judged if why is not Why.COUNTS)
    return Course(tuple(infusions), tuple(doubts), rule.version, left_out)


def still_counts(encounter: EncounterSeen, rule: MatchRule, rulings: Rulings) -> bool:
    """Whether this encounter counts as (part of) an infusion by the rule and what was decided."""
    return _judge(encounter, rule, rulings) is Why.COUNTS


def _judge(encounter: EncounterSeen, rule: MatchRule, rulings: Rulings) -> Why:
    """The rule's judgement, unless a clinician spoke; what was cancelled never counts, whoever says so (rule 7)."""
    said = rulings.given(encounter.id)
    if said is not None and said.kind is RulingKind.NOT_GIVEN:
        return Why.NOT_GIVEN
    if said is not None and encounter.status not in NEVER_COUNTED:
        return Why.COUNTS
    return rule.judge(encounter)


def _judge_in_place(
    encounter: EncounterSeen, seen: Mapping[str, EncounterSeen], rule: MatchRule, rulings: Rulings
) -> Why:
    """The judgement; a part of a visit that was not given was not given either, unless somebody spoke of it."""
    if rulings.given(encounter.id) is None:
        above = (rulings.given(one.id) for one in wholes(encounter, seen))
        if any(said is not None and said.kind is RulingKind.NOT_GIVEN for said in above):
            return Why.NOT_GIVEN
    return _judge(encounter, rule, rulings)


class _Placed:
    """A counted encounter and its place in time: an instant, only a day, or neither."""

    def __init__(self, encounter: EncounterSeen, rule: MatchRule, rulings: Rulings) -> None:
        said = rulings.given(encounter.id)
        zone = ZoneInfo(rule.zone)
        start = said.at if said is not None and said.at is not None else encounter.start
        self.encounter = encounter
        # Instants in UTC: two times of one zone would be compared and added by the clock on the wall.
        self.start = start.astimezone(UTC) if start else None
        self.day = self.start.astimezone(zone).date() if self.start else encounter.start_day
        end = encounter.end.astimezone(UTC) if encounter.end else None
        self.end = end if self.start and end and end >= self.start else None
        self.sorted_by = self.start or (
            _midnight(self.day, zone) if self.day else datetime.max.replace(tzinfo=UTC)
        )
        self.day_ends = _midnight(self.day + timedelta(days=1), zone) if self.day else None

    @property
    def key(self) -> tuple[datetime, str]:
        return self.sorted_by, self.encounter.id

    def reach(self, rule: MatchRule) -> datetime:
        """Until when another encounter may overlap with it for certain: an end written days later reaches no
        further than the clinic's usual stay, like an open one (rule 8)."""
        usual = self.sorted_by + rule.usual_stay
        return min(self.end, usual) if self.end else usual


class _Group:
    """Encounters that document one infusion."""

    def __init__(self, members: Iterable[_Placed], ties: Iterable[Tie] = ()) -> None:
        # What has a time says when the infusion was; a part of it that names only the day adds nothing.
        self.members = sorted(members, key=lambda one: (one.start is None, one.key))
        self.ties = frozenset(ties)
        self.unclear: dict[int, DoubtReason] = {}

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(one.encounter.id for one in self.members)

    @property
    def start(self) -> datetime | None:
        return self.members[0].start

    @property
    def day(self) -> date | None:
        return self.members[0].day


def _collapse(placed: list[_Placed], rule: MatchRule, rulings: Rulings) -> list[_Group]:
    """The connected groups in the order of their first encounter; each knows which earlier ones it may be part of."""
    groups = [_Group([one]) for one in placed]
    unclear: list[tuple[_Placed, _Placed, DoubtReason]] = []
    pairs = [(a, b, _tie(a, b, rule, rulings)) for a, b in combinations(placed, 2)]
    for a, b, tie in sorted(pairs, key=_precedence):
        if isinstance(tie, Tie) and not _bridges(groups, a, b, tie):
            groups = _joined(groups, a, b, tie, rulings)
        elif tie is not None:
            unclear.append((a, b, DoubtReason.TIED_APART if isinstance(tie, Tie) else tie))
    groups.sort(key=lambda group: group.members[0].key)
    for a, b, reason in unclear:
        first, second = sorted((_index(groups, a), _index(groups, b)))
        if first != second:
            groups[second].unclear.setdefault(first, reason)
    return groups


def _precedence(pair: tuple[_Placed, _Placed, Tie | DoubtReason | None]) -> tuple[bool, bool]:
    """A person's word first, so that no rule stands in its way; what has no day last, when the others are joined."""
    a, b, tie = pair
    return tie is not Tie.SAID, a.day is None or b.day is None


def _bridges(groups: list[_Group], a: _Placed, b: _Placed, tie: Tie) -> bool:
    """Whether a visit without any start would join two infusions that nothing else joins."""
    if tie is Tie.SAID or (a.day is not None and b.day is not None):
        return False
    one, other = groups[_index(groups, a)], groups[_index(groups, b)]
    return one is not other and one.day is not None and other.day is not None


def _joined(groups: list[_Group], a: _Placed, b: _Placed, tie: Tie, rulings: Rulings) -> list[_Group]:
    one, other = groups[_index(groups, a)], groups[_index(groups, b)]
    if one is other:
        one.ties |= {tie}
        return groups
    if any(rulings.on_pair(x, y) is RulingKind.SEPARATE for x in one.ids for y in other.ids):
        return groups  # a person said that they are two; a third encounter does not make them one
    merged = _Group([*one.members, *other.members], one.ties | other.ties | {tie})
    return [*(group for group in groups if group is not one and group is not other), merged]


def _index(groups: list[_Group], placed: _Placed) -> int:
    return next(number for number, group in enumerate(groups) if placed in group.members)


def _tie(a: _Placed, b: _Placed, rule: MatchRule, rulings: Rulings) -> Tie | DoubtReason | None:
    said = rulings.on_pair(a.encounter.id, b.encounter.id)
    if said is not None:
        return Tie.SAID if said is RulingKind.ONE else None
    if a.start and b.start:
        return _tie_in_time(a, b, a.start, b.start, rule)
    related = _related(a.encounter, b.encounter)
    if a.day is None or b.day is None or a.day == b.day:
        return related
    return DoubtReason.TIED_APART if related else None


def _tie_in_time(
    a: _Placed, b: _Placed, a_start: datetime, b_start: datetime, rule: MatchRule
) -> Tie | DoubtReason | None:
    if a_start == b_start or (a_start < b.reach(rule) and b_start < a.reach(rule)):
        return Tie.OVERLAP
    near, same_day = abs(a_start - b_start) <= rule.usual_stay, a.day == b.day
    related = _related(a.encounter, b.encounter)
    if related:
        return related if near or same_day else DoubtReason.TIED_APART
    if _are_siblings(a.encounter, b.encounter) and (near or same_day):
        # Parts of one visit, or two visits of one plan of treatment: only their distance tells.
        return Tie.PART_OF if near else DoubtReason.TIED_APART
    earlier = a if a_start <= b_start else b
    if same_day and earlier.end and max(a_start, b_start) < earlier.end:
        return DoubtReason.LONG_OVERLAP
    return None


def _related(a: EncounterSeen, b: EncounterSeen) -> Tie | None:
    if _names(a.part_of, b.id) or _names(b.part_of, a.id):
        return Tie.PART_OF
    return Tie.APPOINTMENT if set(a.appointments) & set(b.appointments) else None


def _are_siblings(a: EncounterSeen, b: EncounterSeen) -> bool:
    return a.part_of is not None and a.part_of == b.part_of


def _names(reference: str | None, encounter_id: str) -> bool:
    """Whether the reference, relative or absolute, names this encounter."""
    return reference is not None and f"/{reference}".endswith(f"/Encounter/{encounter_id}")


def _doubts(groups: list[_Group]) -> Iterable[Doubt]:
    for group in groups:
        if group.day is None:
            yield Doubt(group.ids, DoubtReason.NO_START)
            continue
        others = [other for other in groups if other is not group and other.day == group.day]
        if group.start is None and others:
            yield Doubt(group.ids, DoubtReason.NO_TIME, tuple(i for other in others for i in other.ids))
        elif group.unclear:
            first = min(group.unclear)
            yield Doubt(group.ids, group.unclear[first], groups[first].ids)


def _without_proof(
    judged: Iterable[tuple[EncounterSeen, Why]], placed: list[_Placed], rule: MatchRule, rulings: Rulings
) -> Iterable[Doubt]:
    """Visits that are over and were never documented as given: a person knows (rule 7).

    One that documents the same treatment as a visit with a proof needs none of its own.
    """
    for encounter, why in judged:
        if why is not Why.NO_PROOF or encounter.status != "finished":
            continue
        unproven = _Placed(encounter, rule, rulings)
        if not any(isinstance(_tie(unproven, one, rule, rulings), Tie) for one in placed):
            yield Doubt((encounter.id,), DoubtReason.NO_PROOF)


def _as_infusion(group: _Group, rule: MatchRule) -> Infusion:
    first = group.members[0]
    ends = [one.end for one in group.members]
    known = [end for end in ends if end is not None]
    episodes = [episode for one in group.members for episode in one.encounter.episodes]
    return Infusion(
        encounter_ids=group.ids,
        start=first.sorted_by,
        end=max(known) if len(known) == len(ends) else None,
        ready_at=max(_ready_at(one, rule) for one in group.members if one.day is not None),
        has_time=first.start is not None,
        ties=tuple(sorted(group.ties)),
        episode=episodes[0] if episodes else None,
    )


def _ready_at(placed: _Placed, rule: MatchRule) -> datetime:
    """From when this encounter is over: its end; once finished without one, its start; else a while later (rule 7)."""
    if placed.end is not None:
        return min(placed.end, placed.sorted_by + rule.usual_stay)  # an end written days later delays nothing
    if placed.encounter.status == "finished":
        return placed.sorted_by
    if placed.start is None:
        return placed.day_ends or placed.sorted_by  # only the day is known: when it is over
    return placed.start + rule.ready_after


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
