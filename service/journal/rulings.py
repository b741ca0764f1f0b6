"""What people decided about a patient's visits and entries: a clinician's word goes before every rule (rules 7-11).

A ruling is never changed; a later one about the same thing takes its place, and one can be withdrawn.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product


class RulingKind(StrEnum):
    """What can be decided."""

    NOT_GIVEN = "not-given"  # the infusion was not given (rule 7)
    GIVEN = "given"  # it was given, at `at` where the record system names no time
    ONE = "one-infusion"  # these encounters document one infusion (rule 8)
    SEPARATE = "separate-infusions"  # they document infusions of their own
    SERIES_BEGINS = "series-begins"  # a series begins with this encounter's infusion (rule 10)
    SERIES_CLOSED = "series-closed"  # the series that holds this encounter's infusion ends with it
    ASK_SET = "ask-set"  # this set is asked after this infusion, e.g. the closing one early
    ASK_NOTHING = "ask-nothing"  # nothing is asked after it
    LEFT_AS_IT_IS = "left-as-it-is"  # somebody looked at a difference and leaves it
    NO_INFUSION = "no-infusion"  # the entry belongs to no infusion
    WITHDRAWN = "withdrawn"  # an earlier ruling no longer holds


class Reason(StrEnum):
    """Why a person decided so: what the record of it says (rule 28: no free words there)."""

    SEEN_IN_CHART = "seen-in-chart"
    SAID_BY_PATIENT = "said-by-patient"
    DOCUMENTED_TWICE = "documented-twice"
    WRONG_VISIT = "wrong-visit"
    WRONG_TIME = "wrong-time"
    TREATMENT_PLAN = "treatment-plan"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One decision: what, about which encounters or entry, by whom ("Practitioner/7"), when and why.

    ONE and SEPARATE speak of each of `encounter_ids` with each of `beside`. `about` names what a LEFT_AS_IT_IS
    looked at (a work item's signature), or the ruling that a WITHDRAWN ends.
    """

    id: str
    patient_id: str
    kind: RulingKind
    said_by: str
    said_at: datetime
    why: Reason
    encounter_ids: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    at: datetime | None = None
    set_url: str | None = None
    entry_id: str | None = None
    about: str | None = None


class Rulings:
    """The decisions about one patient that hold today, ready to be asked."""

    def __init__(self, said: Iterable[Ruling] = ()) -> None:
        ordered = sorted(said, key=lambda one: (one.said_at, one.id))
        ended = {one.about for one in ordered if one.kind is RulingKind.WITHDRAWN}
        self.standing = tuple(
            one for one in ordered if one.id not in ended and one.kind is not RulingKind.WITHDRAWN
        )
        self._given: dict[str, Ruling] = {}
        self._pairs: dict[frozenset[str], RulingKind] = {}
        self._asked: dict[str, Ruling] = {}
        for one in self.standing:
            self._take(one)

    def given(self, encounter_id: str) -> Ruling | None:
        """What was last said on whether this infusion was given: GIVEN, NOT_GIVEN, or nothing."""
        return self._given.get(encounter_id)

    def on_pair(self, one: str, other: str) -> RulingKind | None:
        """ONE or SEPARATE where somebody decided about these two encounters, the last word counting."""
        return self._pairs.get(frozenset((one, other)))

    def begins_series(self, encounter_ids: Iterable[str]) -> Ruling | None:
        """The ruling by which a series begins with the infusion of these encounters."""
        return self._about_series(RulingKind.SERIES_BEGINS, encounter_ids)

    def closes_series(self, encounter_ids: Iterable[str]) -> Ruling | None:
        """The ruling by which the series ends with the infusion of these encounters."""
        return self._about_series(RulingKind.SERIES_CLOSED, encounter_ids)

    def asked(self, encounter_ids: Iterable[str]) -> Ruling | None:
        """ASK_SET or ASK_NOTHING for the infusion of these encounters."""
        found = [self._asked[one] for one in encounter_ids if one in self._asked]
        return max(found, key=lambda one: (one.said_at, one.id), default=None)

    def left(self, signature: str) -> bool:
        """Whether somebody looked at this very difference and left it."""
        kinds = (RulingKind.LEFT_AS_IT_IS, RulingKind.NO_INFUSION)
        return any(one.kind in kinds and one.about == signature for one in self.standing)

    def _take(self, one: Ruling) -> None:
        if one.kind in (RulingKind.GIVEN, RulingKind.NOT_GIVEN):
            self._given |= dict.fromkeys(one.encounter_ids, one)
        if one.kind in (RulingKind.ONE, RulingKind.SEPARATE):
            for pair in product(one.encounter_ids, one.beside):
                self._pairs[frozenset(pair)] = one.kind
        if one.kind in (RulingKind.ASK_SET, RulingKind.ASK_NOTHING):
            self._asked |= dict.fromkeys(one.encounter_ids, one)

    def _about_series(self, kind: RulingKind, encounter_ids: Iterable[str]) -> Ruling | None:
        wanted = set(encounter_ids)
        found = [
            one for one in self.standing if one.kind is kind and not wanted.isdisjoint(one.encounter_ids)
        ]
        return found[-1] if found else None
