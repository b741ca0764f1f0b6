"""A patient starts writing: after an infusion, whose link is frozen here with its evidence, or before anybody
documented one (rules 9 and 11)."""

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import Draft, Link
from service.journal.problems import AlreadySent, InfusionTaken, NotYours
from service.journal.prompts import PromptSet
from service.journal.series import Assignment
from service.journal.steps import Standing
from service.store import deeds, drafts, entries
from service.store.deeds import GuardFailed
from service.workflow.desk import Desk
from service.workflow.open_course import look
from service.workflow.remember import record


def begin_entry(desk: Desk, context: AccessContext, key: str, encounter_id: str) -> Draft:
    """The draft for this infusion, made now under this key; or the one already begun for it, whatever its key.

    NotYours where the infusion is not this patient's or not ready; AlreadySent where its entry went already; NoRoom.
    """
    begun = drafts.draft(desk.store, context, key)
    if begun is not None:
        return begun
    course = look(desk, context)
    for step in course.steps:
        if encounter_id not in step.link.evidence:
            continue
        if step.draft is not None:
            return step.draft
        if step.entry is not None:
            raise AlreadySent
        if step.standing == Standing.READY and step.assignment is not None:
            return _begin(desk, context, key, step.assignment)
    raise NotYours


def begin_now(desk: Desk, context: AccessContext, key: str, set_url: str) -> Draft:
    """A draft without an infusion, in the set that was picked ("capture now", rule 11); the one this key has, if any.

    NotYours where the set is not offered; AlreadySent where this key's entry went already; NoRoom.
    """
    begun = drafts.draft(desk.store, context, key)
    if begun is not None:
        return begun
    if entries.by_key(desk.store, context, key) is not None:
        raise AlreadySent
    picked = next((one for one in look(desk, context).to_write_now if one.url == set_url), None)
    if picked is None:
        raise NotYours
    draft = _first_draft(desk, context, key, picked, Link())
    guards = (deeds.DraftIsAt(key, draft.patient_id, 0), deeds.EntryIsNew(key))
    remembered = record(desk, context, Deed.SAVE_DRAFT, patient=draft.patient_id, what=f"Draft/{key}")
    try:
        desk.writer.perform(deeds.Deed(context.clinic, guards, (deeds.SaveDraft(draft),), (remembered,)))
    except GuardFailed:
        return _begun_at_once_meanwhile(desk, context, key)
    return draft


def _begun_at_once_meanwhile(desk: Desk, context: AccessContext, key: str) -> Draft:
    """The same press of the button, twice: go on with its draft. A key of somebody else's draft opens nothing."""
    begun = drafts.draft(desk.store, context, key)
    if begun is not None:
        return begun
    if entries.by_key(desk.store, context, key) is not None:
        raise AlreadySent
    raise NotYours


def _begin(desk: Desk, context: AccessContext, key: str, assignment: Assignment) -> Draft:
    if assignment.prompt_set is None:
        raise NotYours
    draft = _first_draft(desk, context, key, assignment.prompt_set, assignment.link)
    deed = deeds.Deed(
        context.clinic,
        guards=(
            deeds.DraftIsAt(key, draft.patient_id, 0),
            deeds.EntryIsNew(key),
            deeds.InfusionIsFree(draft.patient_id, assignment.infusion.encounter_id, key),
        ),
        changes=(deeds.SaveDraft(draft),),
        records=(record(desk, context, Deed.SAVE_DRAFT, patient=draft.patient_id, what=f"Draft/{key}"),),
    )
    try:
        desk.writer.perform(deed)
    except GuardFailed:
        return _begun_meanwhile(desk, context, key, assignment.infusion.encounter_id)
    return draft


def _first_draft(desk: Desk, context: AccessContext, key: str, prompt_set: PromptSet, link: Link) -> Draft:
    now = desk.now()
    if context.only_patient is None:
        raise NotYours
    desk.ask_for_room()
    return Draft(
        key=key,
        patient_id=context.only_patient,
        questionnaire=prompt_set.canonical,
        link=link,
        answers=(),
        revision=1,
        started_at=now,
        saved_at=now,
        language=prompt_set.language,
        sitting=context.visit,
    )


def _begun_meanwhile(desk: Desk, context: AccessContext, key: str, encounter_id: str) -> Draft:
    """The other tab was quicker: go on with its draft."""
    if entries.by_key(desk.store, context, key) is not None:
        raise AlreadySent
    for draft in drafts.drafts_of(desk.store, context):
        if draft.key == key or draft.link.encounter_id == encounter_id:
            return draft
    raise InfusionTaken
