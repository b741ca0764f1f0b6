"""The newest series of one patient as one document, for the clinician with the chart open and its patient (rule 20).

What is in it is what was shared and is released: a private answer looks like a skipped one (rule 16). The patient gets
the very paper that the clinic does; what is theirs alone stands in the copy of each entry.
"""

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.closing import is_told
from service.journal.entries import EntryVersion, shared_answers
from service.journal.problems import NotYours
from service.journal.prompts import PromptSet
from service.journal.release import is_held
from service.journal.steps import Step
from service.summary.content import AnsweredPrompt, CannotRender, PatientHeader
from service.summary.course_content import CourseAnswer, CourseEntry, CourseInfusion, CourseSummary
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.open_course import look
from service.workflow.own_copy import CopyNotMade
from service.workflow.remember import before_answering, record


def make_course_summary(desk: Desk, context: AccessContext, header: PatientHeader) -> bytes:
    """The PDF of the newest series; each entry in it is remembered as printed.

    NotYours where nothing of it was shared yet. CopyNotMade where it cannot be rendered now.
    """
    steps = newest_series(look(desk, context).steps)
    told = [one for step in steps if (one := _told(desk, step)) is not None]
    if not told:
        raise NotYours
    prints = [
        record(desk, context, Deed.PRINT, patient=entry.patient_id, what=_versioned(entry))
        for entry, _ in told
    ]
    before_answering(desk, context, prints)
    try:
        version = f"urn:uuid:{desk.new_id()}"
        clinic = desk.clinic(context.clinic)
        return desk.render(
            summary_of_steps(desk, clinic, header, steps, told[-1][1], version_identifier=version)
        )
    except CannotRender:
        raise CopyNotMade from None


def tells_others(desk: Desk, steps: tuple[Step, ...]) -> bool:
    """Whether such a document of these steps tells anything."""
    return any(_told(desk, one) is not None for one in newest_series(steps))


def newest_series(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps of the series that began last, and what was written without an infusion."""
    series = next((one.link.series for one in reversed(steps) if one.link.series), None)
    return tuple(one for one in steps if one.link.series == series or one.is_unattached)


def summary_of_steps(
    desk: Desk,
    clinic: ClinicDesk,
    header: PatientHeader,
    steps: tuple[Step, ...],
    newest: PromptSet,
    *,
    version_identifier: str,
    replaces: str | None = None,
) -> CourseSummary:
    """What the document of these steps says to others; its notice and language are those of the `newest` set."""
    return CourseSummary(
        clinic_name=clinic.title,
        zone=clinic.zone,
        patient=header,
        infusions=tuple(
            CourseInfusion(one.link.ordinal, one.link.infusion_start, _entry(desk, one)) for one in steps
        ),
        made_at=desk.now(),
        version_identifier=version_identifier,
        notice=newest.notice,
        crisis_line=newest.crisis_line,
        language=newest.language,
        replaces=replaces,
        private_copy=False,
    )


def _told(desk: Desk, step: Step) -> tuple[EntryVersion, PromptSet] | None:
    """What others may read of this step, with its prompts; None where that is nothing."""
    if step.entry is None or not is_told(step.entry) or is_held(step.entry, desk.now()):
        return None
    prompt_set = desk.library.by_canonical(step.entry.questionnaire)
    return (step.entry, prompt_set) if prompt_set else None


def _entry(desk: Desk, step: Step) -> CourseEntry | None:
    told = _told(desk, step)
    if told is None:
        return None
    entry, prompt_set = told
    shared = shared_answers(entry.answers)
    return CourseEntry(
        set_title=prompt_set.title,
        written_at=entry.authored,
        entry_version=entry.version,
        entry_id=entry.id,
        version_identifier=entry.identifier,
        questionnaire=entry.questionnaire,
        language=entry.language,
        answers=tuple(
            CourseAnswer(one.theme, AnsweredPrompt(one.prefix, one.text, shared.get(one.link_id)))
            for one in prompt_set.prompts
        ),
    )


def _versioned(entry: EntryVersion) -> str:
    return f"QuestionnaireResponse/{entry.id}/_history/{entry.version}"
