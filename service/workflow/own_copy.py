"""A patient's own copy of an entry as a PDF, made when asked for; private answers are in it, marked so."""

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import EntryVersion, shared_answers
from service.journal.problems import ForNow, NotYours
from service.journal.prompts import PromptSet
from service.store import entries
from service.summary.content import AnsweredPrompt, CannotRender, PatientHeader, Summary
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.remember import before_answering, record


class CopyNotMade(ForNow):
    """Your copy cannot be made just now. Your words are safe; please try again in a moment."""


def own_copy(desk: Desk, context: AccessContext, key: str, header: PatientHeader) -> bytes:
    """The PDF of what this patient sent under this key, every answer in it; NotYours where there is none.

    CopyNotMade where it cannot be rendered now.
    """
    entry = entries.by_key(desk.store, context, key)
    prompt_set = desk.library.by_canonical(entry.questionnaire) if entry else None
    if entry is None or prompt_set is None:
        raise NotYours
    what = f"QuestionnaireResponse/{entry.id}/_history/{entry.version}"
    before_answering(desk, context, [record(desk, context, Deed.PRINT, patient=entry.patient_id, what=what)])
    clinic = desk.clinic(context.clinic)
    try:
        return desk.render(summary_of(clinic, entry, prompt_set, header, entry.identifier, private_copy=True))
    except CannotRender:
        raise CopyNotMade from None


def summary_of(
    clinic: ClinicDesk,
    entry: EntryVersion,
    prompt_set: PromptSet,
    header: PatientHeader,
    version_identifier: str,
    *,
    private_copy: bool,
    replaces: str | None = None,
) -> Summary:
    """What the PDF of this entry version says: for the record only what is shared, for the patient everything."""
    return Summary(
        clinic_name=clinic.title,
        zone=clinic.zone,
        patient=header,
        set_title=prompt_set.title,
        ordinal=entry.link.ordinal,
        infusion_start=entry.link.infusion_start,
        written_at=entry.authored,
        entry_version=entry.version,
        entry_id=entry.id,
        version_identifier=version_identifier,
        questionnaire=entry.questionnaire,
        prompts=_prompts(entry, prompt_set, private_copy),
        notice=prompt_set.notice,
        crisis_line=prompt_set.crisis_line,
        language=entry.language,
        replaces=replaces,
        private_copy=private_copy,
        because=entry.because,
    )


def _prompts(entry: EntryVersion, prompt_set: PromptSet, private_copy: bool) -> tuple[AnsweredPrompt, ...]:
    everything = {answer.link_id: answer.text for answer in entry.answers if not answer.is_blank}
    shown = everything if private_copy else shared_answers(entry.answers)
    private = {answer.link_id for answer in entry.answers if answer.private and private_copy}
    return tuple(
        AnsweredPrompt(
            prefix=prompt.prefix,
            text=prompt.text,
            answer=shown.get(prompt.link_id),
            kept_private=prompt.link_id in private and prompt.link_id in shown,
        )
        for prompt in prompt_set.prompts
    )
