"""Sending an entry: its version, what is owed to the record system, and the record, in one deed (rule 19)."""

from dataclasses import dataclass
from datetime import datetime

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import (
    Answer,
    EntryStatus,
    EntryVersion,
    Filing,
    FilingState,
    Link,
    Receipt,
    is_empty,
    shared_answers,
)
from service.journal.problems import AlreadySent, ChangedElsewhere, InfusionTaken, NothingWritten, NotYours
from service.journal.prompts import PromptSet
from service.r4 import questionnaire_response
from service.store import deeds, entries, filings
from service.store.deeds import GuardFailed
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record
from service.workflow.save_draft import read_draft


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be sent, whichever door it came through. `draft_revision` is 0 where no draft was kept.

    `received` is the JSON of a client, kept as it came; the page has none and its JSON is written here.
    """

    key: str
    patient_id: str
    prompt_set: PromptSet
    link: Link
    answers: tuple[Answer, ...]
    authored: datetime
    language: str
    draft_revision: int
    through: str
    received: bytes | None = None


def submit_entry(desk: Desk, context: AccessContext, key: str, revision: int) -> Receipt:
    """Send the draft as it was shown at this revision. Sending again gives the first receipt (one per key).

    NothingWritten for an empty entry; ChangedElsewhere where it was saved anew since it was shown.
    """
    earlier = entries.by_key(desk.store, context, key)
    if earlier is not None:
        return receipt_of(desk, context, earlier)
    try:
        draft, prompt_set = read_draft(desk, context, key)
    except AlreadySent:  # by another press of the button, between our two looks
        return submit_entry(desk, context, key, revision)
    if draft.revision != revision:
        raise ChangedElsewhere
    return send(
        desk,
        context,
        Sending(
            key=key,
            patient_id=draft.patient_id,
            prompt_set=prompt_set,
            link=draft.link,
            answers=draft.answers,
            authored=draft.saved_at,
            language=draft.language,
            draft_revision=draft.revision,
            through="page",
        ),
    )


def send(desk: Desk, context: AccessContext, sending: Sending) -> Receipt:
    """One deed: the entry's first version, the filing it owes, the end of its draft, the record."""
    if is_empty(sending.answers):
        raise NothingWritten
    entry = _entry(desk, context.clinic, sending)
    filing = _filing(desk, entry)
    try:
        desk.writer.perform(_deed(desk, context, sending, entry, filing))
    except GuardFailed as failed:
        return _somebody_was_first(desk, context, sending, failed)
    return Receipt(entry, filing)


def read_receipt(desk: Desk, context: AccessContext, key: str) -> Receipt:
    """The receipt of the entry sent under this key, as it stands now; remembered as a read."""
    entry = entries.by_key(desk.store, context, key)
    if entry is None:
        raise NotYours
    what = f"QuestionnaireResponse/{entry.id}/_history/{entry.version}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=entry.patient_id, what=what)])
    return receipt_of(desk, context, entry)


def receipt_of(desk: Desk, context: AccessContext, entry: EntryVersion) -> Receipt:
    """The entry with the filing of its newest version, if it owes one."""
    owed = filings.of_entry(desk.store, context, entry.id)
    return Receipt(entry, next((one for one in owed if one.entry_version == entry.version), None))


def _entry(desk: Desk, clinic: str, sending: Sending) -> EntryVersion:
    return EntryVersion(
        id=desk.entry_id(clinic, sending.key),
        key=sending.key,
        version=1,
        status=EntryStatus.COMPLETED,
        patient_id=sending.patient_id,
        questionnaire=sending.prompt_set.canonical,
        link=sending.link,
        answers=sending.answers,
        authored=sending.authored,
        recorded_at=desk.now(),
        language=sending.language,
        shared=sending.received or _shared(sending),
        through=sending.through,
    )


def _shared(sending: Sending) -> bytes:
    return questionnaire_response.write(
        questionnaire_response.FiledEntry(
            entry_key=sending.key,
            patient_id=sending.patient_id,
            encounter_id=sending.link.encounter_id,
            prompts=sending.prompt_set,
            answers=shared_answers(sending.answers),
            status=EntryStatus.COMPLETED,
            authored=sending.authored,
            language=sending.language,
        )
    )


def _filing(desk: Desk, entry: EntryVersion) -> Filing | None:
    """What is owed to the record system: nothing where every answer is kept private (rule 16)."""
    if not shared_answers(entry.answers):
        return None
    return Filing(
        id=desk.new_id(),
        patient_id=entry.patient_id,
        entry_id=entry.id,
        entry_version=entry.version,
        version_identifier=f"urn:uuid:{desk.new_id()}",
        state=FilingState.DUE,
        due_at=entry.recorded_at,
    )


def _deed(
    desk: Desk, context: AccessContext, sending: Sending, entry: EntryVersion, filing: Filing | None
) -> deeds.Deed:
    what = f"QuestionnaireResponse/{entry.id}/_history/{entry.version}"
    guards: tuple[deeds.Guard, ...] = (
        deeds.EntryIsNew(sending.key),
        deeds.DraftIsAt(sending.key, sending.patient_id, sending.draft_revision),
    )
    if sending.link.encounter_id is not None:
        guards += (deeds.InfusionIsFree(sending.patient_id, sending.link.encounter_id, sending.key),)
    changes: tuple[deeds.Change, ...] = (deeds.SaveEntryVersion(entry), deeds.DropDraft(sending.key))
    if filing is not None:
        changes += (deeds.QueueFiling(filing),)
    remembered = record(desk, context, Deed.CREATE, patient=entry.patient_id, what=what)
    return deeds.Deed(context.clinic, guards=guards, changes=changes, records=(remembered,))


def _somebody_was_first(desk: Desk, context: AccessContext, sending: Sending, failed: GuardFailed) -> Receipt:
    earlier = entries.by_key(desk.store, context, sending.key)
    if earlier is not None:
        return receipt_of(desk, context, earlier)
    if isinstance(failed.guard, deeds.EntryIsNew):
        raise AlreadySent from None
    if isinstance(failed.guard, deeds.InfusionIsFree):
        raise InfusionTaken from None
    raise ChangedElsewhere from None
