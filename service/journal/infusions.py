"""Which encounters were infusions, and which of them were one and the same (product rules 7-9).

The record system documents visits; the clinic's match rule says which visits were infusions. Here the rule is
applied, several encounters of one treatment are collapsed, and what is doubtful is handed to a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

COUNTED_STATUSES = frozenset({"arrived", "in-progress", "onleave", "finished"})


@dataclass(frozen=True, slots=True)
class Coding:
    """A code and the system that gives it its meaning."""

    system: str
    code: str


@dataclass(frozen=True, slots=True)
class EncounterSeen:
    """One Encounter as the record system showed it: only what the rules look at.

    `start` and `end` are instants with a zone. A start that names only a day stands in `start_day` instead.
    References (`part_of`, `appointments`, `episodes`, `locations`) are kept as written, e.g. "Appointment/7".
    """

    id: str
    patient_id: str
    status: str
    class_: Coding | None = None
    types: tuple[Coding, ...] = ()
    service_types: tuple[Coding, ...] = ()
    reasons: tuple[Coding, ...] = ()
    locations: tuple[str, ...] = ()
    start: datetime | None = None
    start_day: date | None = None
    end: datetime | None = None
    part_of: str | None = None
    appointments: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()
    version: str | None = None


@dataclass(frozen=True, slots=True)
class MatchRule:
    """What the clinic says an infusion looks like: every list that is not empty must be met once."""

    version: str
    zone: str
    types: tuple[Coding, ...] = ()
    service_types: tuple[Coding, ...] = ()
    classes: tuple[Coding, ...] = ()
    reasons: tuple[Coding, ...] = ()
    locations: tuple[str, ...] = ()
    excluded_types: tuple[Coding, ...] = ()
    statuses: frozenset[str] = COUNTED_STATUSES
    ready_after: timedelta = timedelta(minutes=60)
    usual_stay: timedelta = timedelta(hours=6)

    def counts(self, encounter: EncounterSeen) -> bool:
        """Whether this encounter counts as (part of) an infusion (rule 7)."""
        return (
            encounter.status in self.statuses
            and not _meet(self.excluded_types, encounter.types)
            and self._meets_every_list(encounter)
        )

    def _meets_every_list(self, encounter: EncounterSeen) -> bool:
        classes = (encounter.class_,) if encounter.class_ else ()
        wanted_and_seen: tuple[tuple[tuple[object, ...], tuple[object, ...]], ...] = (
            (self.types, encounter.types),
            (self.service_types, encounter.service_types),
            (self.classes, classes),
            (self.reasons, encounter.reasons),
            (self.locations, encounter.locations),
        )
        asked = [(wanted, seen) for wanted, seen in wanted_and_seen if wanted]
        # A rule that names nothing would match every visit; it matches none instead.
        return bool(asked) and all(_meet(wanted, seen) for wanted, seen in asked)


@dataclass(frozen=True, slots=True)
class Infusion:
    """One treatment, with the encounters that document it; the first of them carries the link."""

    encounter_ids: tuple[str, ...]
    start: datetime
    end: datetime | None

    @property
    def encounter_id(self) -> str:
        """The encounter that entries and documents refer to."""
        return self.encounter_ids[0]

    def is_ready(self, now: datetime, rule: MatchRule) -> bool:
        """Whether its prompt set may be offered: ended, or long enough since the start (rule 7)."""
        return now >= (self.end or self.start + rule.ready_after)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Encounters that count, of which no rule can say when or what they were: for a person (rule 8)."""

    encounter_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Course:
    """A patient's infusions in order, and what could not be placed."""

    infusions: tuple[Infusion, ...]
    doubts: tuple[Doubt, ...]
    rule_version: str


def course(encounters: Iterable[EncounterSeen], rule: MatchRule) -> Course:
    """The patient's infusions in the order of their start, ties by encounter id (rules 8 and 9)."""
    counted = [encounter for encounter in encounters if rule.counts(encounter)]
    placed, doubts = _place(counted, rule)
    infusions = [_as_infusion(group) for group in _collapse(placed, rule)]
    infusions.sort(key=lambda infusion: (infusion.start, infusion.encounter_id))
    return Course(tuple(infusions), tuple(doubts), rule.version)


@dataclass(frozen=True, slots=True)
class _Placed:
    encounter: EncounterSeen
    start: datetime

    @property
    def has_time(self) -> bool:
        return self.encounter.start is not None

    def until(self, rule: MatchRule) -> datetime:
        return self.encounter.end or self.start + rule.usual_stay


def _place(counted: list[EncounterSeen], rule: MatchRule) -> tuple[list[_Placed], list[Doubt]]:
    placed: list[_Placed] = []
    doubts: list[Doubt] = []
    zone = ZoneInfo(rule.zone)
    days = [_day(encounter, zone) for encounter in counted]
    for encounter, day in zip(counted, days, strict=True):
        if encounter.start is not None:
            placed.append(_Placed(encounter, encounter.start))
        elif day is None:
            doubts.append(Doubt((encounter.id,), "no-start"))
        elif days.count(day) > 1:
            doubts.append(Doubt((encounter.id,), "no-time-on-a-day-with-two"))
        else:
            placed.append(_Placed(encounter, datetime(day.year, day.month, day.day, tzinfo=zone)))
    return placed, doubts


def _day(encounter: EncounterSeen, zone: ZoneInfo) -> date | None:
    return encounter.start.astimezone(zone).date() if encounter.start else encounter.start_day


def _collapse(placed: list[_Placed], rule: MatchRule) -> list[list[_Placed]]:
    groups: list[list[_Placed]] = []
    for one in sorted(placed, key=lambda p: (p.start, p.encounter.id)):
        same = [group for group in groups if any(_are_one(one, other, rule) for other in group)]
        merged = [one, *(member for group in same for member in group)]
        groups = [group for group in groups if group not in same]
        groups.append(merged)
    return groups


def _are_one(a: _Placed, b: _Placed, rule: MatchRule) -> bool:
    return _is_part(a.encounter, b.encounter) or _share_appointment(a, b) or _overlap(a, b, rule)


def _is_part(a: EncounterSeen, b: EncounterSeen) -> bool:
    below = a.part_of == f"Encounter/{b.id}" or b.part_of == f"Encounter/{a.id}"
    return below or (a.part_of is not None and a.part_of == b.part_of)


def _share_appointment(a: _Placed, b: _Placed) -> bool:
    return bool(set(a.encounter.appointments) & set(b.encounter.appointments))


def _overlap(a: _Placed, b: _Placed, rule: MatchRule) -> bool:
    # Where only the day is known the midnight it is ordered by is no time that anything could overlap with.
    return a.has_time and b.has_time and a.start < b.until(rule) and b.start < a.until(rule)


def _as_infusion(group: list[_Placed]) -> Infusion:
    ordered = sorted(group, key=lambda p: (p.start, p.encounter.id))
    ends = [p.encounter.end for p in ordered]
    known = [end for end in ends if end is not None]
    end = max(known) if len(known) == len(ends) else None
    return Infusion(tuple(p.encounter.id for p in ordered), ordered[0].start, end)


def _meet(wanted: Iterable[object], seen: Iterable[object]) -> bool:
    return not set(wanted).isdisjoint(seen)
