"""What was written before the record system knew its infusion, and how it finds it (product rule 11)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.journal.prompts import PromptLibrary, PromptSet
from service.journal.series import Assignment, SeriesRule, set_beyond
from service.journal.steps import Step


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry or a draft without an infusion: its key, and the instant of its first word."""

    key: str
    first_word: datetime


def attachments(
    waiting: Iterable[Waiting], way: Iterable[Step], within: timedelta
) -> tuple[tuple[str, Assignment], ...]:
    """Which entries attach by themselves, each by key with the infusion it belongs to.

    Only where exactly one counted infusion that nothing was written for began within the clinic's window before the
    first word, and no other waiting entry could claim the same one. Everything else is for a person; so is an
    infusion of which only the day is known, and every other one beside it.
    """
    free = [step.assignment for step in way if not step.is_started and step.assignment is not None]
    candidates = {one.key: [a for a in free if _may_fit(a, one, within)] for one in waiting}
    only = {
        key: found[0] for key, found in candidates.items() if len(found) == 1 and found[0].infusion.has_time
    }
    wanted_by = [a.infusion.encounter_id for found in candidates.values() for a in found]
    return tuple(
        (key, assignment)
        for key, assignment in only.items()
        if wanted_by.count(assignment.infusion.encounter_id) == 1
    )


def sets_to_write_now(
    way: Iterable[Step], library: PromptLibrary, rule: SeriesRule | None = None
) -> tuple[PromptSet, ...]:
    """The sets a patient may write in before their infusion is known, the likeliest first.

    That is the one that the next infusion of the series would have; then the others of the series in order, and what
    the clinic asks beyond them.
    """
    by_clinic = rule or SeriesRule()
    counted = [step.assignment for step in way if step.assignment is not None]
    last = max(counted, key=lambda one: (one.infusion.start, one.infusion.encounter_id), default=None)
    following = 1 if last is None or last.ends_series else last.ordinal + 1
    numbered = {number: library.for_ordinal(number) for number in range(1, by_clinic.length + 1)}
    beyond = set_beyond(library, by_clinic)
    offered = (numbered.get(following) or beyond, *numbered.values(), beyond)
    return tuple(dict.fromkeys(one for one in offered if one is not None))


def _may_fit(assignment: Assignment, waiting: Waiting, within: timedelta) -> bool:
    """Whether the infusion began, or where only its day is known may have begun, in the window."""
    infusion = assignment.infusion
    before = waiting.first_word - infusion.start
    return timedelta(0) <= before <= (within if infusion.has_time else within + timedelta(days=1))
