"""A patient changes what was sent: words, what is shared, or that it was a mistake altogether (rules 16 and 17).

The words are written as any others, in a draft beside the entry under the same key; the record keeps the old version.
"""

from dataclasses import replace

from service.access.context import AccessContext
from service.audit.record import Deed, Record
from service.journal.entries import (
    Answer,
    Cause,
    Draft,
    EntryStatus,
    EntryVersion,
    is_empty,
    shared_answers,
)
from service.journal.problems import ChangedElsewhere, NothingWritten, NotYours, UnknownPromptSet
from service.journal.release import is_held
from service.r4 import questionnaire_response
from service.r4.questionnaire_response import FiledEntry
from service.r4.raw_json import with_member
from service.store import deeds, drafts, entries
from service.store.deeds import GuardFailed
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.desk import Desk
from service.workflow.next_version import keep_next_version
from service.workflow.number_versions import numbered_after
from service.workflow.remember import record
from service.workflow.replace_held import replace_held
from service.workflow.take_back import take_back


def begin_amending(desk: Desk, context: AccessContext, key: str) -> Draft:
    """A draft with what was sent under this key, or the one already begun; what is held still is taken back for it.

    It claims no infusion: the entry does. NotYours where nothing was sent, or it was entered in error; NoRoom.
    """
    begun = drafts.draft(desk.store, context, key)
    if begun is not None:
        return begun
    entry = _sent(desk, context, key)
    if is_held(entry, desk.now()):
        return take_back(desk, context, key)
    desk.ask_for_room()
    now = desk.now()
    draft = Draft(
        key=key,
        patient_id=entry.patient_id,
        questionnaire=entry.questionnaire,
        link=replace(entry.link, encounter_id=None),
        answers=entry.answers,
        revision=1,
        started_at=now,
        saved_at=now,
        language=entry.language,
        sitting=context.visit,
        follows=entry.version,
    )
    guards = (
        deeds.EntryIsAt(entry.id, entry.patient_id, entry.version),
        deeds.DraftIsAt(key, entry.patient_id, 0),
    )
    remembered = record(desk, context, Deed.SAVE_DRAFT, patient=entry.patient_id, what=f"Draft/{key}")
    try:
        desk.writer.perform(deeds.Deed(context.clinic, guards, (deeds.SaveDraft(draft),), (remembered,)))
    except GuardFailed:
        return begin_amending(desk, context, key)  # the same press twice, or the entry moved meanwhile
    return draft


def leave_as_it_was(desk: Desk, context: AccessContext, key: str) -> None:
    """What was sent stays as it is, and what was begun to change it goes. NotYours where nothing was sent."""
    if entries.by_key(desk.store, context, key) is None:
        raise NotYours
    draft = drafts.draft(desk.store, context, key)
    if draft is not None:
        _drop(desk, context, draft)


def amend(
    desk: Desk,
    context: AccessContext,
    before: EntryVersion,
    draft: Draft,
    revision: int,
    because: str | None = None,
) -> EntryVersion | None:
    """The entry's next version, unread again; None where the draft says what was sent already, and it goes.

    `because` is why, in the patient's words to the care team, where they say so (rule 17). NothingWritten for an empty
    draft; ChangedElsewhere where it was saved anew since it was shown at this revision, or where the entry's words were
    changed since it was begun: pressed once more, this draft goes before them.
    """
    if draft.revision != revision:
        raise ChangedElsewhere
    if is_empty(draft.answers):
        raise NothingWritten
    if before.status is EntryStatus.ENTERED_IN_ERROR:
        raise NotYours
    _only_over_what_was_seen(desk, context, before, draft)
    if _words(draft.answers) == _words(before.answers):
        _drop(desk, context, draft)
        return None
    version = _amended(desk, context.clinic, before, draft, because)
    remembered = remembered_change(desk, context, version)
    keep_next_version(desk, context, before, version, remembered, "replaced-before-filing", ends=draft)
    bring_up_to_date(desk, context.clinic, before.patient_id)
    return version


def enter_in_error(
    desk: Desk, context: AccessContext, key: str, seen: EntryVersion | None = None, through: str = "page"
) -> EntryVersion:
    """The entry under this key, as it was `seen`, marked as sent by mistake, its words as they were.

    Once more changes nothing. What was begun to change it goes with it. What is held still is never told to anybody.
    """
    before = seen or entries.by_key(desk.store, context, key)
    if before is None:
        raise NotYours
    if before.status is EntryStatus.ENTERED_IN_ERROR:
        return before
    version = replace(
        _next(desk, context.clinic, before),
        status=EntryStatus.ENTERED_IN_ERROR,
        shared=with_member(before.shared, "status", EntryStatus.ENTERED_IN_ERROR.value),
        through=through,
    )
    kept = keep_change(desk, context, before, version, ends=drafts.draft(desk.store, context, key))
    bring_up_to_date(desk, context.clinic, before.patient_id)
    return kept


def keep_change(
    desk: Desk,
    context: AccessContext,
    before: EntryVersion,
    version: EntryVersion,
    ends: Draft | None = None,
) -> EntryVersion:
    """Keep the patient's next version: beside the earlier ones, or in their place while they are held (rule 15)."""
    remembered = remembered_change(desk, context, version)
    if is_held(before, version.recorded_at):
        return replace_held(desk, context, before, version, remembered)
    keep_next_version(desk, context, before, version, remembered, "replaced-before-filing", ends=ends)
    return version


def remembered_change(desk: Desk, context: AccessContext, version: EntryVersion) -> Record:
    """What the log keeps of a changed entry."""
    what = f"QuestionnaireResponse/{version.id}/_history/{version.version}"
    return record(
        desk, context, Deed.UPDATE, patient=version.patient_id, what=what, reason=version.status.value
    )


def _sent(desk: Desk, context: AccessContext, key: str) -> EntryVersion:
    entry = entries.by_key(desk.store, context, key)
    if entry is None or entry.status is EntryStatus.ENTERED_IN_ERROR:
        raise NotYours
    return entry


def _only_over_what_was_seen(desk: Desk, context: AccessContext, before: EntryVersion, draft: Draft) -> None:
    """A version that says the same, as one that was moved to its infusion, stands in nobody's way."""
    if before.version == draft.follows:
        return
    seen = entries.version_of(desk.store, context, before.id, draft.follows)
    if seen is not None and _words(seen.answers) == _words(before.answers):
        return
    after = replace(draft, follows=before.version, revision=draft.revision + 1, saved_at=desk.now())
    guards = (deeds.DraftIsAt(draft.key, draft.patient_id, draft.revision),)
    _perform(desk, deeds.Deed(context.clinic, guards, (deeds.SaveDraft(after),)))
    raise ChangedElsewhere


def _drop(desk: Desk, context: AccessContext, draft: Draft) -> None:
    guards = (deeds.DraftIsAt(draft.key, draft.patient_id, draft.revision),)
    remembered = record(
        desk,
        context,
        Deed.UPDATE,
        patient=draft.patient_id,
        what=f"Draft/{draft.key}",
        reason="left-as-it-was",
    )
    _perform(desk, deeds.Deed(context.clinic, guards, (deeds.DropDraft(draft.key),), (remembered,)))


def _perform(desk: Desk, deed: deeds.Deed) -> None:
    try:
        desk.writer.perform(deed)
    except GuardFailed:
        raise ChangedElsewhere from None


def _words(answers: tuple[Answer, ...]) -> set[Answer]:
    return {one for one in answers if not one.is_blank}


def _next(desk: Desk, clinic: str, before: EntryVersion) -> EntryVersion:
    return replace(
        numbered_after(desk, clinic, before),
        recorded_at=desk.now(),
        through="page",
        cause=Cause.SENT,
        made_by=None,
        why=None,
        because=None,
    )


def _amended(
    desk: Desk, clinic: str, before: EntryVersion, draft: Draft, because: str | None
) -> EntryVersion:
    prompt_set = desk.library.by_canonical(before.questionnaire)
    if prompt_set is None:
        raise UnknownPromptSet
    shared = questionnaire_response.write(
        FiledEntry(
            entry_key=before.key,
            patient_id=before.patient_id,
            encounter_id=before.link.encounter_id,
            prompts=prompt_set,
            answers=shared_answers(draft.answers),
            status=EntryStatus.AMENDED,
            authored=draft.saved_at,
            language=draft.language,
        )
    )
    return replace(
        _next(desk, clinic, before),
        status=EntryStatus.AMENDED,
        answers=draft.answers,
        authored=draft.saved_at,
        shared=shared,
        because=because if shared_answers(draft.answers) else None,  # kept to oneself needs no reason given
    )
