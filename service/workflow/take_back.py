"""A patient takes back what is held still: the entry is a draft again, as if it had never been sent (rule 15).

One deed: its versions go with what they owed, its words are the draft's. The numbers of versions go on from there.
"""

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import Answer, Draft, EntryStatus, EntryVersion
from service.journal.problems import ChangedElsewhere, NotYours, TooLate
from service.journal.release import is_held
from service.store import deeds, drafts, entries
from service.store.deeds import GuardFailed
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.desk import Desk
from service.workflow.remember import record
from service.workflow.replace_held import never_sent

_ANOTHERS_SITTING = "taken-back"


def take_back(
    desk: Desk, context: AccessContext, key: str, answers: tuple[Answer, ...] | None = None
) -> Draft:
    """The draft that the entry under this key is again, with these answers or its own; once more gives the same draft.

    TooLate once it was released, or was begun to be filed; NotYours where there is nothing to take back.
    """
    entry = entries.by_key(desk.store, context, key)
    if entry is None or entry.status is EntryStatus.ENTERED_IN_ERROR:
        return _taken_back_before(desk, context, key)
    if not is_held(entry, desk.now()):
        raise TooLate
    draft = _as_draft(desk, context, entry, entry.answers if answers is None else answers)
    try:
        desk.writer.perform(_deed(desk, context, entry, draft))
    except GuardFailed as failed:
        if isinstance(failed.guard, deeds.FilingNeverSent):
            raise TooLate from None
        if isinstance(failed.guard, deeds.EntryIsAt):  # taken back in another window, or attached meanwhile
            return take_back(desk, context, key, answers)
        raise ChangedElsewhere from None
    bring_up_to_date(desk, context.clinic, entry.patient_id)
    return draft


def _taken_back_before(desk: Desk, context: AccessContext, key: str) -> Draft:
    draft = drafts.draft(desk.store, context, key)
    if draft is None or draft.follows == 0:
        raise NotYours
    return draft


def _deed(desk: Desk, context: AccessContext, entry: EntryVersion, draft: Draft) -> deeds.Deed:
    guards: tuple[deeds.Guard, ...] = (
        deeds.EntryIsAt(entry.id, entry.patient_id, entry.version),
        deeds.DraftIsAt(draft.key, draft.patient_id, 0),
        *never_sent(desk, context, entry.id),
    )
    what = f"QuestionnaireResponse/{entry.id}/_history/{entry.version}"
    remembered = record(desk, context, Deed.UPDATE, patient=entry.patient_id, what=what, reason="taken-back")
    changes: tuple[deeds.Change, ...] = (deeds.TakeBackEntry(entry.id), deeds.SaveDraft(draft))
    return deeds.Deed(context.clinic, guards, changes, (remembered,))


def _as_draft(desk: Desk, context: AccessContext, entry: EntryVersion, answers: tuple[Answer, ...]) -> Draft:
    """What an app cannot read of it is noted as another's sitting: a plain create does not complete it unread."""
    has_private = any(one.private for one in answers)
    return Draft(
        key=entry.key,
        patient_id=entry.patient_id,
        questionnaire=entry.questionnaire,
        link=entry.link,
        answers=answers,
        revision=1,
        started_at=entry.begun_at or entry.authored,
        saved_at=desk.now(),
        language=entry.language,
        sitting=context.visit or (_ANOTHERS_SITTING if has_private else None),
        follows=entry.version,
    )
