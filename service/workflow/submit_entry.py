"""Sending an entry: its version, what is owed to the record system, and the record, in one deed (rule 19).

Until its release only its patient sees it, and nothing of it is due (rule 15).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import (
    Answer,
    Draft,
    EntryStatus,
    EntryVersion,
    Filing,
    FilingKind,
    FilingState,
    Link,
    Receipt,
    is_empty,
    shared_answers,
    told_of,
)
from service.journal.problems import (
    AlreadySent,
    ChangedElsewhere,
    InfusionTaken,
    NothingWritten,
    NotYours,
    RecordSystemSilent,
    TooBusy,
)
from service.journal.prompts import PromptSet
from service.journal.release import held_until
from service.r4 import questionnaire_response
from service.store import deeds, drafts, entries, filings
from service.store.deeds import GuardFailed
from service.workflow.amend_entry import amend
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.desk import Desk
from service.workflow.number_versions import number_after
from service.workflow.owe_beside import beside_it
from service.workflow.owe_filing import owed_for
from service.workflow.recognise import Visitor
from service.workflow.refresh_infusions import refresh_infusions
from service.workflow.remember import before_answering, record
from service.workflow.save_draft import read_draft

_THERE = (FilingState.FILED, FilingState.HELD_THERE)


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be sent, whichever door it came through. `draft_revision` is 0 where no draft was kept.

    `follows` is the number of the version that was taken back before, for no number is used twice. `received` is the
    JSON of a client, kept as it came; the page has none and its JSON is written here.
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
    begun_at: datetime | None = None
    follows: int = 0


def submit_entry(
    desk: Desk,
    context: AccessContext,
    key: str,
    revision: int,
    visitor: Visitor | None = None,
    because: str | None = None,
) -> Receipt:
    """Send the draft as it was shown at this revision. Sending again gives the first receipt (one per key).

    A draft that changes what was sent before becomes its next version, with what its patient says of `because`
    (rule 17); where it changes nothing, the receipt says so.

    Where no infusion is known yet the record system is asked once more, with the visit's own token; its silence holds
    nothing up (rule 11).
    NothingWritten for an empty entry; ChangedElsewhere where it was saved anew since it was shown.
    """
    earlier = entries.by_key(desk.store, context, key)
    if earlier is not None:
        return _sent_before(desk, context, earlier, revision, because)
    try:
        draft, prompt_set = read_draft(desk, context, key)
    except AlreadySent:  # by another press of the button, between our two looks
        return submit_entry(desk, context, key, revision, visitor, because)
    if draft.revision != revision:
        raise ChangedElsewhere
    if draft.link.encounter_id is None and visitor is not None:
        draft = _looked_for(desk, context, draft, visitor)
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
            begun_at=draft.started_at,
            follows=draft.follows,
        ),
    )


def send(desk: Desk, context: AccessContext, sending: Sending) -> Receipt:
    """One deed: the entry's first version, the filing it owes, the end of its draft, the record."""
    if is_empty(sending.answers):
        raise NothingWritten
    entry = _entry(desk, context.clinic, sending)
    filing = owed_for(desk, context.clinic, entry)
    try:
        desk.writer.perform(_deed(desk, context, sending, entry, filing))
    except GuardFailed as failed:
        return _somebody_was_first(desk, context, sending, failed)
    bring_up_to_date(desk, context.clinic, entry.patient_id)
    return Receipt(entry, filing)


def read_receipt(desk: Desk, context: AccessContext, key: str) -> Receipt:
    """The receipt of the entry sent under this key, as it stands now; remembered as a read."""
    entry = entries.by_key(desk.store, context, key)
    if entry is None:
        raise NotYours
    what = f"QuestionnaireResponse/{entry.id}/_history/{entry.version}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=entry.patient_id, what=what)])
    amending = drafts.draft(desk.store, context, key) is not None
    return replace(receipt_of(desk, context, entry), amending=amending)


def receipt_of(desk: Desk, context: AccessContext, entry: EntryVersion) -> Receipt:
    """The entry with the filing of its newest version, if it owes one."""
    owed = filings.of_entry(desk.store, context, entry.id)
    own = (one for one in owed if one.kind is not FilingKind.COURSE)
    earlier = any(one.state in _THERE for one in own if one.entry_version < entry.version)
    return Receipt(entry, told_of(owed, entry.version), stands_there=earlier)


def _sent_before(
    desk: Desk, context: AccessContext, earlier: EntryVersion, revision: int, because: str | None
) -> Receipt:
    """The amendment that was begun, sent; else the first sending was quicker, and its receipt is this one's."""
    draft = drafts.draft(desk.store, context, earlier.key)
    if draft is None:
        return receipt_of(desk, context, earlier)
    try:
        amended = amend(desk, context, earlier, draft, revision, because)
    except ChangedElsewhere:
        return _by_another_press(desk, context, earlier)
    return replace(receipt_of(desk, context, amended or earlier), unchanged=amended is None)


def _by_another_press(desk: Desk, context: AccessContext, earlier: EntryVersion) -> Receipt:
    """The amendment is over: the button was pressed twice at once, and the other press was quicker (F44).

    ChangedElsewhere where the draft waits still.
    """
    now = entries.by_key(desk.store, context, earlier.key)
    if now is None or drafts.draft(desk.store, context, earlier.key) is not None:
        raise ChangedElsewhere
    return replace(receipt_of(desk, context, now), unchanged=now.version == earlier.version)


def _entry(desk: Desk, clinic: str, sending: Sending) -> EntryVersion:
    now, home = desk.now(), desk.clinic(clinic)
    number = number_after(desk, clinic, sending.follows)
    return EntryVersion(
        id=desk.entry_id(clinic, sending.key),
        key=sending.key,
        version=number.version,
        status=EntryStatus.COMPLETED,
        patient_id=sending.patient_id,
        questionnaire=sending.prompt_set.canonical,
        link=sending.link,
        answers=sending.answers,
        authored=sending.authored,
        recorded_at=now,
        language=sending.language,
        shared=sending.received or _shared(sending),
        through=sending.through,
        begun_at=sending.begun_at or sending.authored,
        held_until=held_until(now, home.release, home.zone),
        follows=number.follows,
    )


def _looked_for(desk: Desk, context: AccessContext, draft: Draft, visitor: Visitor) -> Draft:
    try:
        refresh_infusions(desk, context, visitor)
    except (RecordSystemSilent, TooBusy):
        return draft
    return drafts.draft(desk.store, context, draft.key) or draft


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
    changes: tuple[deeds.Change, ...] = (
        deeds.SaveEntryVersion(entry, anew=True),
        deeds.DropDraft(sending.key),
    )
    if filing is not None:
        owed = beside_it(desk, context.clinic, filing)
        changes += tuple(deeds.QueueFiling(one) for one in owed)
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
    if sending.draft_revision == 0 and drafts.draft(desk.store, context, sending.key) is None:
        raise AlreadySent from None  # another's draft is told of as what another sent (threat T4)
    raise ChangedElsewhere from None
