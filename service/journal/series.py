"""Which prompt set follows which infusion: the ordinal in the series and what it is derived from (rules 9, 10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from service.journal.entries import Draft, EntryStatus, EntryVersion, Link
from service.journal.infusions import Course, Infusion
from service.journal.prompts import PromptLibrary, PromptSet


@dataclass(frozen=True, slots=True)
class Assignment:
    """One infusion of the series, its ordinal, and the set that belongs to it (None beyond the last set)."""

    infusion: Infusion
    ordinal: int
    prompt_set: PromptSet | None
    rule_version: str

    @property
    def link(self) -> Link:
        """What an entry freezes when its patient starts writing."""
        return Link(
            encounter_id=self.infusion.encounter_id,
            ordinal=self.ordinal,
            infusion_start=self.infusion.start,
            infusion_end=self.infusion.end,
            evidence=self.infusion.encounter_ids,
            rule_version=self.rule_version,
        )


def assign(course: Course, library: PromptLibrary) -> tuple[Assignment, ...]:
    """The infusions in order, each with its ordinal and set. All of a patient's infusions are one series."""
    return tuple(
        Assignment(infusion, ordinal, library.for_ordinal(ordinal), course.rule_version)
        for ordinal, infusion in enumerate(course.infusions, start=1)
    )


class Standing:
    """Where the writing for one infusion stands, in the order of a course: the states a patient reads."""

    NOT_YET = "not-yet"
    READY = "ready"
    IN_PROGRESS = "in-progress"
    NOT_TODAY = "not-today"
    SENT = "sent"
    NO_SET = "no-set"


@dataclass(frozen=True, slots=True)
class Step:
    """One infusion on a patient's way: what was written for it, if anything, and where that stands."""

    link: Link
    set_title: str | None
    standing: str
    assignment: Assignment | None = None
    draft: Draft | None = None
    entry: EntryVersion | None = None


def steps(
    assignments: Iterable[Assignment],
    drafts: Iterable[Draft],
    entries: Iterable[EntryVersion],
    library: PromptLibrary,
    ready: frozenset[str],
) -> tuple[Step, ...]:
    """A patient's course: started writing keeps its frozen link, untouched infusions follow today's assignment.

    `ready` holds the encounter ids whose set may be offered. A set that was already written for another
    infusion is not asked again by recomputing (rule 9): such an infusion stands there without a set.
    """
    written = [_entry_step(entry, library) for entry in entries]
    begun = [_draft_step(draft, library) for draft in drafts]
    started = written + begun
    taken = {encounter for step in started for encounter in step.link.evidence}
    asked = {_set_of(step) for step in started if step.link.encounter_id is not None}
    untouched = [
        _untouched_step(assignment, asked, ready)
        for assignment in assignments
        if taken.isdisjoint(assignment.infusion.encounter_ids)
    ]
    return tuple(sorted(started + untouched, key=_by_start))


def _entry_step(entry: EntryVersion, library: PromptLibrary) -> Step:
    return Step(entry.link, _title(entry.questionnaire, library), Standing.SENT, entry=entry)


def _draft_step(draft: Draft, library: PromptLibrary) -> Step:
    stopped = draft.status is EntryStatus.STOPPED
    standing = Standing.NOT_TODAY if stopped else Standing.IN_PROGRESS
    return Step(draft.link, _title(draft.questionnaire, library), standing, draft=draft)


def _untouched_step(assignment: Assignment, asked: set[str], ready: frozenset[str]) -> Step:
    prompt_set = assignment.prompt_set
    if prompt_set is None or prompt_set.url in asked:
        return Step(assignment.link, None, Standing.NO_SET, assignment=assignment)
    is_ready = assignment.infusion.encounter_id in ready
    standing = Standing.READY if is_ready else Standing.NOT_YET
    return Step(assignment.link, prompt_set.title, standing, assignment=assignment)


def _title(canonical: str, library: PromptLibrary) -> str | None:
    found = library.by_canonical(canonical)
    return found.title if found else None


def _set_of(step: Step) -> str:
    """The set's URL without its version: a new version asks nothing twice."""
    pinned = step.entry.questionnaire if step.entry else step.draft.questionnaire if step.draft else ""
    return pinned.split("|")[0]


def _by_start(step: Step) -> tuple[bool, float, str]:
    start: datetime | None = step.link.infusion_start
    return (start is None, start.timestamp() if start else 0.0, step.link.encounter_id or "")
