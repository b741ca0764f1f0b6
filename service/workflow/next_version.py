"""The next version of what was sent: kept in one deed with what it owes, and without what earlier versions still do.

Whoever makes a version, the steps are these: what was owed before and never left is cancelled, a filing whose sending
had begun goes its way first, and what stands in the record system is replaced by the new document, or struck where the
entry was entered in error (rules 17 and 21).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from service.access.context import AccessContext
from service.audit.record import Record
from service.journal.entries import Draft, EntryStatus, EntryVersion, Filing, FilingKind, FilingState
from service.journal.problems import ChangedElsewhere, InfusionTaken
from service.store import deeds, filings
from service.store.deeds import GuardFailed
from service.workflow.desk import Desk
from service.workflow.owe_beside import beside_it, strike_for
from service.workflow.owe_filing import owed_for

_OPEN = (FilingState.DUE, FilingState.WAITING, FilingState.PARKED, FilingState.REFUSED)


def keep_next_version(
    desk: Desk,
    context: AccessContext,
    before: EntryVersion,
    version: EntryVersion,
    remembered: Record,
    why: str,
    ends: Draft | None = None,
) -> None:
    """Keep `version` in the place of `before`; `why` says of a filing why it was cancelled. The draft it `ends` goes.

    InfusionTaken where its infusion has another entry; ChangedElsewhere where the entry was changed meanwhile.
    """
    before_it = filings.of_entry(desk.store, context, before.id)
    try:
        _perform(desk, context.clinic, before, version, _Earlier.of(before_it), remembered, why, ends)
    except GuardFailed as failed:
        if isinstance(failed.guard, deeds.InfusionIsFree):
            raise InfusionTaken from None
        raise ChangedElsewhere from None


@dataclass(frozen=True, slots=True)
class _Earlier:
    """The filings of earlier versions: those that never left, and those that the record system may hold."""

    unsent: tuple[Filing, ...]
    sent: tuple[Filing, ...]

    @classmethod
    def of(cls, owed: Iterable[Filing]) -> "_Earlier":
        own = (one for one in owed if one.kind is not FilingKind.COURSE)
        lasting = [one for one in own if one.state is not FilingState.CANCELLED]
        unsent = tuple(one for one in lasting if one.state in _OPEN and not one.may_stand_there)
        return cls(unsent, tuple(one for one in lasting if one not in unsent))

    def without(self, filing_id: str) -> "_Earlier":
        """The same, but the sending of this one has begun meanwhile."""
        left = tuple(one for one in self.unsent if one.id == filing_id)
        return _Earlier(tuple(one for one in self.unsent if one.id != filing_id), (*self.sent, *left))


def _perform(
    desk: Desk,
    clinic: str,
    before: EntryVersion,
    version: EntryVersion,
    earlier: _Earlier,
    remembered: Record,
    why: str,
    ends: Draft | None,
) -> None:
    """One deed; a filing whose sending began between our look and the commit goes its way, in its order."""
    guards = (
        *_guards(before, version),
        *_unsaved_since(ends),
        *(deeds.FilingNeverSent(one.id) for one in earlier.unsent),
    )
    now = version.recorded_at
    changes: tuple[deeds.Change, ...] = (
        deeds.SaveEntryVersion(version),
        *(deeds.SettleFiling(one.id, FilingState.CANCELLED, why, None, now) for one in earlier.unsent),
        *(deeds.QueueFiling(one) for one in _owed(desk, clinic, version, earlier)),
        *(() if ends is None else (deeds.DropDraft(ends.key),)),
    )
    try:
        desk.writer.perform(deeds.Deed(clinic, guards, changes, (remembered,)))
    except GuardFailed as failed:
        sent = failed.guard.filing_id if isinstance(failed.guard, deeds.FilingNeverSent) else None
        if sent is None:
            raise
        _perform(desk, clinic, before, version, earlier.without(sent), remembered, why, ends)


def _unsaved_since(draft: Draft | None) -> tuple[deeds.Guard, ...]:
    return () if draft is None else (deeds.DraftIsAt(draft.key, draft.patient_id, draft.revision),)


def _guards(before: EntryVersion, version: EntryVersion) -> tuple[deeds.Guard, ...]:
    same = deeds.EntryIsAt(before.id, before.patient_id, before.version)
    encounter = version.link.encounter_id
    if encounter is None or version.status is EntryStatus.ENTERED_IN_ERROR:
        return (same,)
    return (same, deeds.InfusionIsFree(before.patient_id, encounter, before.key))


def _owed(desk: Desk, clinic: str, version: EntryVersion, earlier: _Earlier) -> tuple[Filing, ...]:
    """A new document for the record; a strike where the entry was entered in error and something may stand there."""
    if version.status is EntryStatus.ENTERED_IN_ERROR:
        return (strike_for(desk, version),) if earlier.sent else ()
    owed = owed_for(desk, clinic, version)
    return () if owed is None else beside_it(desk, clinic, owed)
