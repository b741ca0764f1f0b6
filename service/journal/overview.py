"""One patient's course as a clinic's rules see it: from the visits and the decisions to what is asked and what is open.

The one place where the rules of this room are joined; pages, the worker and the dry run all come through here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from service.journal.entries import Draft, EntryVersion
from service.journal.infusions import Course, course
from service.journal.match import EncounterSeen, MatchRule
from service.journal.prompts import PromptLibrary
from service.journal.rulings import Rulings
from service.journal.series import Assignment, EpisodeSeen, SeriesRule, assign
from service.journal.steps import Step, steps
from service.journal.worklist import WorkItem, worklist


@dataclass(frozen=True, slots=True)
class ClinicRules:
    """How one clinic finds infusions and counts them."""

    match: MatchRule
    series: SeriesRule


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one patient: their visits and episodes of care, and what people decided about them."""

    encounters: tuple[EncounterSeen, ...] = ()
    episodes: tuple[EpisodeSeen, ...] = ()
    rulings: Rulings = field(default_factory=Rulings)


@dataclass(frozen=True, slots=True)
class Overview:
    """The infusions, what is assigned to each, the patient's way through them, what waits, and what was decided."""

    course: Course
    assignments: tuple[Assignment, ...]
    steps: tuple[Step, ...]
    items: tuple[WorkItem, ...]
    rulings: Rulings


def overview(
    seen: Seen,
    rules: ClinicRules,
    library: PromptLibrary,
    now: datetime,
    *,
    drafts: Iterable[Draft] = (),
    entries: Iterable[EntryVersion] = (),
) -> Overview:
    """Everything the rules say about one patient at this instant."""
    infusions = course(seen.encounters, rules.match, seen.rulings)
    assigned = assign(infusions, library, rules.series, seen.rulings, seen.episodes)
    way = steps(infusions, assigned, drafts, entries, library, now)
    return Overview(infusions, assigned, way, worklist(infusions, way, seen.rulings), seen.rulings)
