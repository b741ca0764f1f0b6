"""Saving what a patient has typed so far: every pause is a save, and no save overwrites another silently (rule 13)."""

from collections.abc import Iterable
from dataclasses import replace

from service.access.context import AccessContext
from service.audit.record import Deed, Record
from service.journal.entries import Answer, Draft, EntryStatus, is_empty
from service.journal.problems import (
    AlreadySent,
    ChangedElsewhere,
    Fault,
    InfusionTaken,
    NotYours,
    TooLong,
    UnknownPromptSet,
)
from service.journal.prompts import PromptSet
from service.store import deeds, drafts, entries
from service.store.deeds import GuardFailed
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.desk import Desk
from service.workflow.remember import record


def read_draft(desk: Desk, context: AccessContext, key: str) -> tuple[Draft, PromptSet]:
    """The patient's draft and the set it pins; AlreadySent once it went, NotYours where there is none."""
    draft = drafts.draft(desk.store, context, key)
    if draft is None:
        raise AlreadySent if entries.by_key(desk.store, context, key) else NotYours
    prompt_set = desk.library.by_canonical(draft.questionnaire)
    if prompt_set is None:
        raise UnknownPromptSet
    return draft, prompt_set


def save_draft(
    desk: Desk,
    context: AccessContext,
    key: str,
    revision: int,
    changed: Iterable[Answer],
    resume_at: str | None = None,
    seen: tuple[Answer, ...] | None = (),
) -> Draft:
    """The draft with these answers in place of the old ones for the same prompts, one revision on.

    A save that changes nothing, or that was made before and only its reply was lost (fault matrix F48), is
    answered with the draft as it stands: its page goes on from there, so it must know it. `seen` is what it shows
    beside these answers; nothing, where it comes anew; None, where it does not say. ChangedElsewhere where another
    window saved in between.
    """
    draft, prompt_set = read_draft(desk, context, key)
    wanted = replace(
        draft,
        answers=_merged(prompt_set, draft.answers, tuple(changed)),
        resume_at=resume_at or draft.resume_at,
        status=EntryStatus.IN_PROGRESS,
    )
    if draft.revision != revision and not (wanted.answers == draft.answers and _knows(draft, revision, seen)):
        raise ChangedElsewhere
    is_said_already = draft.revision != revision or wanted == draft
    return draft if is_said_already else _save(desk, context, draft, wanted)


def _knows(draft: Draft, revision: int, seen: tuple[Answer, ...] | None) -> bool:
    """Whether a page that said these words already, at this revision, shows the draft as it stands (F40).

    One that does not say what it shows has seen no more than its own save.
    """
    if seen is None:
        return draft.revision == revision + 1
    kept = {answer.link_id: answer for answer in draft.answers}
    return all(kept.get(one.link_id, Answer(one.link_id, "")) == one for one in seen)


def stop_entry(desk: Desk, context: AccessContext, key: str) -> Draft:
    """ "Not today": the words stay the patient's alone, to resume at will (rule 17)."""
    draft, _ = read_draft(desk, context, key)
    if draft.status is EntryStatus.STOPPED:
        return draft
    stopped = _save(desk, context, draft, replace(draft, status=EntryStatus.STOPPED))
    bring_up_to_date(desk, context.clinic, draft.patient_id)
    return stopped


def _save(desk: Desk, context: AccessContext, before: Draft, wanted: Draft) -> Draft:
    saved = replace(wanted, revision=before.revision + 1, saved_at=desk.now(), sitting=context.visit)
    if is_empty(before.answers):
        # The first word counts, not the opening of the page: it says which infusion this was about (rule 11).
        saved = replace(saved, started_at=saved.saved_at)
    guards: tuple[deeds.Guard, ...] = (deeds.DraftIsAt(before.key, before.patient_id, before.revision),)
    if before.status is EntryStatus.STOPPED and before.link.encounter_id is not None:
        # While it lay aside an app may have sent the entry for this infusion: say so before more is written.
        guards += (deeds.InfusionIsFree(before.patient_id, before.link.encounter_id, before.key),)
    deed = deeds.Deed(
        context.clinic,
        guards=guards,
        changes=(deeds.SaveDraft(saved),),
        records=_records(desk, context, before, saved),
    )
    try:
        desk.writer.perform(deed)
    except GuardFailed as failed:
        if isinstance(failed.guard, deeds.InfusionIsFree):
            raise InfusionTaken from None
        return _overtaken(desk, context, saved)
    return saved


def _records(desk: Desk, context: AccessContext, before: Draft, saved: Draft) -> tuple[Record, ...]:
    """One record for all the autosaves of one sitting, written with the first (audit sheet A-06)."""
    if before.sitting == saved.sitting and before.status is saved.status:
        return ()
    return (record(desk, context, Deed.SAVE_DRAFT, patient=saved.patient_id, what=f"Draft/{saved.key}"),)


def _overtaken(desk: Desk, context: AccessContext, wanted: Draft) -> Draft:
    """Between our look and the commit somebody saved: the same words are fine, others are a conflict."""
    draft, _ = read_draft(desk, context, wanted.key)
    if draft.answers == wanted.answers:
        return draft
    raise ChangedElsewhere


def _merged(
    prompt_set: PromptSet, old: tuple[Answer, ...], changed: tuple[Answer, ...]
) -> tuple[Answer, ...]:
    answers = {answer.link_id: answer for answer in old}
    for answer in changed:
        prompt = prompt_set.prompt(answer.link_id)
        if prompt is None:
            raise UnknownPromptSet(Fault("invalid", "There is no such prompt in this set."))
        if len(answer.text) > prompt.max_length:
            raise TooLong(Fault("too-long", f"An answer may have {prompt.max_length} characters at most."))
        answers[answer.link_id] = answer
    return tuple(answers[p.link_id] for p in prompt_set.prompts if p.link_id in answers)
