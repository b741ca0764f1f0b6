"""The next version of what was sent: kept in one deed with what it owes, and without what earlier versions still do.

Whoever makes a version, the steps are these: what was owed before and never left is cancelled, a filing whose sending
had begun goes its way first, and what stands in the record system is replaced by the new document (rules 17 and 21).
"""

from service.access.context import AccessContext
from service.audit.record import Record
from service.journal.entries import EntryStatus, EntryVersion, Filing, FilingState
from service.journal.problems import ChangedElsewhere, InfusionTaken
from service.store import deeds, filings
from service.store.deeds import GuardFailed
from service.workflow.desk import Desk
from service.workflow.owe_filing import owed_for

_UNSENT = (FilingState.DUE, FilingState.WAITING, FilingState.REFUSED)


def keep_next_version(
    desk: Desk,
    context: AccessContext,
    before: EntryVersion,
    version: EntryVersion,
    remembered: Record,
    why: str,
) -> None:
    """Keep `version` in the place of `before`; `why` says of a filing why it was cancelled.

    InfusionTaken where its infusion has another entry; ChangedElsewhere where the entry was changed meanwhile.
    """
    earlier = [one for one in filings.of_entry(desk.store, context, before.id) if one.state in _UNSENT]
    try:
        _perform(desk, context.clinic, before, version, earlier, remembered, why)
    except GuardFailed as failed:
        if isinstance(failed.guard, deeds.InfusionIsFree):
            raise InfusionTaken from None
        raise ChangedElsewhere from None


def _perform(
    desk: Desk,
    clinic: str,
    before: EntryVersion,
    version: EntryVersion,
    unsent: list[Filing],
    remembered: Record,
    why: str,
) -> None:
    """One deed; a filing whose sending began between our look and the commit goes its way, in its order."""
    guards = (*_guards(before, version), *(deeds.FilingNeverSent(one.id) for one in unsent))
    now = version.recorded_at
    changes: tuple[deeds.Change, ...] = (
        deeds.SaveEntryVersion(version),
        *(deeds.SettleFiling(one.id, FilingState.CANCELLED, why, None, now) for one in unsent),
        *_owed(desk, clinic, version),
    )
    try:
        desk.writer.perform(deeds.Deed(clinic, guards, changes, (remembered,)))
    except GuardFailed as failed:
        sent = failed.guard.filing_id if isinstance(failed.guard, deeds.FilingNeverSent) else None
        if sent is None:
            raise
        rest = [one for one in unsent if one.id != sent]
        _perform(desk, clinic, before, version, rest, remembered, why)


def _guards(before: EntryVersion, version: EntryVersion) -> tuple[deeds.Guard, ...]:
    same = deeds.EntryIsAt(before.id, before.patient_id, before.version)
    encounter = version.link.encounter_id
    if encounter is None or version.status is EntryStatus.ENTERED_IN_ERROR:
        return (same,)
    return (same, deeds.InfusionIsFree(before.patient_id, encounter, before.key))


def _owed(desk: Desk, clinic: str, version: EntryVersion) -> tuple[deeds.Change, ...]:
    """A new document for the record, but none for what was entered in error: there is nothing to show (rule 21)."""
    owed = None if version.status is EntryStatus.ENTERED_IN_ERROR else owed_for(desk, clinic, version)
    return () if owed is None else (deeds.QueueFiling(owed),)
