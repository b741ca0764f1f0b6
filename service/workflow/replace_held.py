"""A held entry changes: its new version takes the place of those before, and nobody else ever learns what they said.

Apart from the next version of what was released, where the record keeps the old one (rules 15 and 16).
"""

from dataclasses import replace

from service.access.context import AccessContext
from service.audit.record import Record
from service.journal.entries import Answer, EntryStatus, EntryVersion, FilingState
from service.journal.problems import ChangedElsewhere, TooLate
from service.r4.raw_json import with_member
from service.store import deeds, filings
from service.store.deeds import GuardFailed
from service.workflow.desk import Desk
from service.workflow.owe_beside import beside_it
from service.workflow.owe_filing import owed_for


def replace_held(
    desk: Desk, context: AccessContext, before: EntryVersion, version: EntryVersion, remembered: Record
) -> EntryVersion:
    """Keep `version` as the only one of its entry. What was entered in error keeps its words for its patient alone.

    TooLate where its filing was begun; ChangedElsewhere where the entry was changed meanwhile.
    """
    kept = _without_words(version) if version.status is EntryStatus.ENTERED_IN_ERROR else version
    owed = None if kept.status is EntryStatus.ENTERED_IN_ERROR else owed_for(desk, context.clinic, kept)
    guards: tuple[deeds.Guard, ...] = (
        deeds.EntryIsAt(before.id, before.patient_id, before.version),
        *never_sent(desk, context, before.id),
    )
    changes: tuple[deeds.Change, ...] = (
        deeds.TakeBackEntry(before.id),
        deeds.SaveEntryVersion(kept, anew=True),
        *(deeds.QueueFiling(one) for one in (beside_it(desk, context.clinic, owed) if owed else ())),
    )
    try:
        desk.writer.perform(deeds.Deed(context.clinic, guards, changes, (remembered,)))
    except GuardFailed as failed:
        raise (TooLate if isinstance(failed.guard, deeds.FilingNeverSent) else ChangedElsewhere) from None
    return kept


def never_sent(desk: Desk, context: AccessContext, entry_id: str) -> tuple[deeds.FilingNeverSent, ...]:
    """That nothing of what the entry owes has begun to leave."""
    owed = filings.of_entry(desk.store, context, entry_id)
    return tuple(deeds.FilingNeverSent(one.id) for one in owed if one.state is not FilingState.CANCELLED)


def _without_words(version: EntryVersion) -> EntryVersion:
    shared = with_member(with_member(version.shared, "item", None), "text", None)
    private = tuple(Answer(one.link_id, one.text, private=True) for one in version.answers)
    return replace(version, shared=shared, answers=private)
