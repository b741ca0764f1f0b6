"""The lines of a patient's course: each infusion with where its writing stands, and writing at once.

From the workflow's values to rows, without a word: the words stand in templates/patient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.journal.entries import Draft, FilingState
from service.journal.prompts import PromptSet
from service.journal.steps import Standing, Step
from service.journal.unread import Reading
from service.web import wording
from service.web.guards import context, desk
from service.workflow.look_up_readings import readings_told_to_the_patient
from service.workflow.open_course import OpenedCourse


@dataclass(frozen=True, slots=True)
class InfusionRow:
    """One line of the course home. `written_at` is the day of the first word where it has no infusion yet."""

    ordinal: int | None
    when: datetime | None
    state: str
    set_title: str | None
    key: str | None
    encounter_id: str | None
    new_key: str
    resume_number: int | None
    filed_at: datetime | None
    written_at: datetime | None
    waits_for_infusion: bool
    held_until: datetime | None
    amending: bool
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class WriteNow:
    """Writing at once, before an infusion is known: the likeliest set and the others, each form with a key of its own.

    `prominent` where nothing else is to be done first.
    """

    first: PromptSet
    others: tuple[PromptSet, ...]
    key: str
    other_key: str
    prominent: bool


def write_now(course: OpenedCourse) -> WriteNow | None:
    """The way to write at once; None where the clinic has published nothing to write in."""
    if not course.to_write_now:
        return None
    first, *others = course.to_write_now
    started = (Standing.READY, Standing.IN_PROGRESS)
    busy = any(step.is_unattached or step.standing in started for step in course.steps)
    return WriteNow(first, tuple(others), desk().new_id(), desk().new_id(), prominent=not busy)


def infusion_rows(course: OpenedCourse) -> list[InfusionRow]:
    """The lines of the course, each with a fresh key for an entry that may be begun there."""
    sent = [step.entry for step in course.steps if step.entry is not None]
    readings = readings_told_to_the_patient(desk(), context(), sent)
    return [_infusion_row(step, course, readings) for step in course.steps]


def _infusion_row(step: Step, course: OpenedCourse, readings: Mapping[str, Reading]) -> InfusionRow:
    entry, draft = step.entry, step.draft
    filing = course.filings.get(entry.id) if entry else None
    filed = filing is not None and filing.state is FilingState.FILED
    return InfusionRow(
        ordinal=step.link.ordinal,
        when=step.link.infusion_start,
        state=wording.own_state(entry, filing, desk().now()) if entry else wording.asked_state(step),
        set_title=step.set_title,
        key=step.key,
        encounter_id=step.link.encounter_id,
        new_key=desk().new_id(),
        resume_number=resume_number(draft) if draft else None,
        filed_at=filing.settled_at if filing and filed else None,
        written_at=_first_word(step) if step.is_unattached else None,
        waits_for_infusion=entry is not None and step.is_unattached and _is_open(entry.id, course),
        held_until=entry.held_until if entry else None,
        amending=step.key in course.amending,
        reading=readings.get(entry.id) if entry else None,
    )


def _first_word(step: Step) -> datetime | None:
    if step.draft is not None:
        return step.draft.started_at
    return (step.entry.begun_at or step.entry.authored) if step.entry else None


def _is_open(entry_id: str, course: OpenedCourse) -> bool:
    """Whether the clinic has still to say which infusion it belongs to."""
    return any(item.entry_id == entry_id for item in course.overview.items)


def resume_number(draft: Draft) -> int:
    """The number of the prompt to go on at: the one edited last, else the first."""
    prompt_set = desk().library.by_canonical(draft.questionnaire)
    links = [asked.link_id for asked in prompt_set.prompts] if prompt_set else []
    return links.index(draft.resume_at) + 1 if draft.resume_at in links else 1
