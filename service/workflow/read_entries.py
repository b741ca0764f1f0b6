"""Reading what patients sent: an entry, a course side by side. Every read is remembered before it is answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import EntryVersion, Filing, shared_answers, told_of
from service.journal.problems import NotYours
from service.journal.prompts import REPEATING_THEMES, PromptSet
from service.journal.steps import Step
from service.store import entries, filings
from service.workflow.desk import Desk
from service.workflow.open_course import OpenedCourse, look
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """One entry as others than its patient see it, its filing, and the course it stands in."""

    entry: EntryVersion
    prompt_set: PromptSet
    filing: Filing | None
    course: OpenedCourse


@dataclass(frozen=True, slots=True)
class Beside:
    """One answer in a row of answers to prompts of one theme: under the words it answered (rule 2)."""

    ordinal: int | None
    infusion_start: datetime | None
    prompt: str
    answer: str | None


def newest_entry(desk: Desk, context: AccessContext) -> ReadEntry | OpenedCourse:
    """The patient's newest entry; the course alone where nothing was sent yet. Remembered as a read."""
    course = look(desk, context)
    sent = [step.entry for step in course.steps if step.entry is not None]
    if not sent:
        _remember(desk, context, course.patient_id, "Course")
        return course
    newest = max(sent, key=lambda entry: (entry.link.infusion_start or entry.authored, entry.authored))
    return _read(desk, context, newest, course)


def read_entry(desk: Desk, context: AccessContext, entry_id: str) -> ReadEntry:
    """One sent entry of the patient in context; NotYours where it is not theirs, or is not."""
    entry = entries.by_id(desk.store, context, entry_id)
    if entry is None:
        raise NotYours
    return _read(desk, context, entry, look(desk, context))


def side_by_side(desk: Desk, context: AccessContext) -> tuple[OpenedCourse, dict[str, tuple[Beside, ...]]]:
    """The repeating prompts over the infusions, by theme; what was not shared stands there as None."""
    course = look(desk, context)
    sent = [step for step in course.steps if step.entry is not None]
    rows = {theme: tuple(_beside(desk, theme, sent)) for theme in REPEATING_THEMES}
    read = [_versioned(step.entry) for step in sent if step.entry]
    _remember(desk, context, course.patient_id, *(read or ["Course"]))
    return course, rows


def _read(desk: Desk, context: AccessContext, entry: EntryVersion, course: OpenedCourse) -> ReadEntry:
    prompt_set = desk.library.by_canonical(entry.questionnaire)
    if prompt_set is None:
        raise NotYours
    owed = filings.of_entry(desk.store, context, entry.id)
    filing = told_of(owed, entry.version)
    _remember(desk, context, entry.patient_id, _versioned(entry))
    return ReadEntry(entry, prompt_set, filing, course)


def _beside(desk: Desk, theme: str, sent: Iterable[Step]) -> Iterable[Beside]:
    for step in sent:
        entry = step.entry
        prompt_set = desk.library.by_canonical(entry.questionnaire) if entry else None
        if entry is None or prompt_set is None:
            continue
        answers = shared_answers(entry.answers)
        for prompt in prompt_set.prompts:
            if prompt.theme == theme:
                yield Beside(
                    entry.link.ordinal, entry.link.infusion_start, prompt.text, answers.get(prompt.link_id)
                )


def _versioned(entry: EntryVersion) -> str:
    return f"QuestionnaireResponse/{entry.id}/_history/{entry.version}"


def _remember(desk: Desk, context: AccessContext, patient_id: str, *what: str) -> None:
    records = [record(desk, context, Deed.READ, patient=patient_id, what=one) for one in what]
    before_answering(desk, context, records)
