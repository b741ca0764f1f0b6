"""What goes through the writer: a deed is a value of guards, changes and records, and happens whole or not at all.

A workflow reads, decides by the clinic's rules, and states here what must still be true (guards), what becomes
true (changes) and what is remembered (records). How each is said in SQL is the business of the table it touches.
"""

from dataclasses import dataclass, field
from datetime import datetime

from service.audit.record import Record
from service.journal.entries import Draft, EntryVersion, FilingState, Link
from service.store.course_deeds import CourseChange as CourseChange
from service.store.course_deeds import DropMerge as DropMerge
from service.store.course_deeds import DropNotices as DropNotices
from service.store.course_deeds import FindingChange as FindingChange
from service.store.course_deeds import KeepAssigned as KeepAssigned
from service.store.course_deeds import KeepFinding as KeepFinding
from service.store.course_deeds import KeepMerge as KeepMerge
from service.store.course_deeds import KeepNotice as KeepNotice
from service.store.course_deeds import NoteAssignedWritten as NoteAssignedWritten
from service.store.course_deeds import NoteOpenItems as NoteOpenItems
from service.store.course_deeds import NoteUnchanged as NoteUnchanged
from service.store.course_deeds import OweLook as OweLook
from service.store.course_deeds import PostponeAssigned as PostponeAssigned
from service.store.course_deeds import PostponeLook as PostponeLook
from service.store.course_deeds import RememberEncounters as RememberEncounters
from service.store.course_deeds import SaveRuling as SaveRuling
from service.store.filing_deeds import CancelFilings as CancelFilings
from service.store.filing_deeds import FilingChange as FilingChange
from service.store.filing_deeds import KeepSummary as KeepSummary
from service.store.filing_deeds import NoteLook as NoteLook
from service.store.filing_deeds import NoteSendStarted as NoteSendStarted
from service.store.filing_deeds import PostponeFiling as PostponeFiling
from service.store.filing_deeds import QueueFiling as QueueFiling
from service.store.filing_deeds import ReleaseLane as ReleaseLane
from service.store.filing_deeds import SettleFiling as SettleFiling
from service.store.held_words import DropHeldWords as DropHeldWords
from service.store.held_words import EndVisit as EndVisit
from service.store.held_words import HeldChange as HeldChange
from service.store.held_words import HoldWords as HoldWords
from service.store.read_marks import KeepReadMark as KeepReadMark
from service.store.read_marks import NotReadSince as NotReadSince
from service.store.sessions import PendingLaunch, Visit, VisitContents

# --- what must still be true -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DraftIsAt:
    """The draft with this key is this patient's and still at this revision (0: there is none under this key)."""

    key: str
    patient_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class EntryIsNew:
    """No entry was sent under this key yet."""

    key: str


@dataclass(frozen=True, slots=True)
class EntryIsAt:
    """The entry is this patient's and its newest version is still this one."""

    entry_id: str
    patient_id: str
    version: int


@dataclass(frozen=True, slots=True)
class InfusionIsFree:
    """No other live entry or draft (than the one with this key) of this patient is linked to this encounter.

    Stopped drafts and entries entered in error leave it free.
    """

    patient_id: str
    encounter_id: str
    key: str


@dataclass(frozen=True, slots=True)
class LaneIsHeld:
    """The patient's lane is still leased under this fence (fault matrix section 2, rule 2)."""

    patient_id: str
    fence: int


@dataclass(frozen=True, slots=True)
class FilingIsDue:
    """The filing was neither settled nor cancelled since it was read."""

    filing_id: str


@dataclass(frozen=True, slots=True)
class FilingIsUnsent:
    """The filing is due and no sending of it has begun: it can still be taken back (rule 19)."""

    filing_id: str


@dataclass(frozen=True, slots=True)
class FilingNeverSent:
    """The filing is open, and nothing of it can be in the record system: it can be cancelled."""

    filing_id: str


@dataclass(frozen=True, slots=True)
class FilingIsAt:
    """The filing still stands in this state."""

    filing_id: str
    state: FilingState


@dataclass(frozen=True, slots=True)
class SeriesOwedLast:
    """What was owed last of this series of the patient's is still this filing (None: nothing ever was)."""

    patient_id: str
    series: str
    filing_id: str | None


@dataclass(frozen=True, slots=True)
class CourseIsAt:
    """What this patient's assigned sets rest on is as it was read, at this revision (0: nothing is known yet)."""

    patient_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class LaunchIsUnused:
    """The launch with this state exists, has not expired and was not used; using it up is part of the deed."""

    state_digest: str
    at: datetime


Guard = (
    DraftIsAt
    | EntryIsNew
    | EntryIsAt
    | NotReadSince
    | InfusionIsFree
    | LaneIsHeld
    | FilingIsDue
    | FilingIsUnsent
    | FilingNeverSent
    | FilingIsAt
    | SeriesOwedLast
    | CourseIsAt
    | LaunchIsUnused
)


# --- what becomes true -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """Keep these words. Revision 1 is a new draft; any other takes the place of the one before it."""

    draft: Draft = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkDraft:
    """The draft belongs to this infusion; its words and its revision stay."""

    key: str
    link: Link


@dataclass(frozen=True, slots=True)
class DropDraft:
    """The draft goes, as if it had never been."""

    key: str


@dataclass(frozen=True, slots=True)
class SaveEntryVersion:
    """Keep this version for good; it becomes the entry's newest. Version 1 is a new entry, others follow in order.

    `anew`: the entry begins with this version, whatever its number, because those before it were taken back.
    """

    version: EntryVersion = field(repr=False)
    anew: bool = False


@dataclass(frozen=True, slots=True)
class TakeBackEntry:
    """Every version of the entry goes, and what was owed for them, as if it had never been sent (rule 15)."""

    entry_id: str


@dataclass(frozen=True, slots=True)
class NoteReleased:
    """What follows from the entry's release was done: nobody has to come back to it."""

    entry_id: str


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """Somebody signed in."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class TouchVisit:
    """The visitor was here."""

    handle: str
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RenewVisit:
    """The visit's tokens were refreshed."""

    handle: str
    contents: VisitContents
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CloseVisit:
    """Somebody signed out."""

    handle: str


@dataclass(frozen=True, slots=True)
class BeginLaunch:
    """Somebody was sent to the authorization server."""

    pending: PendingLaunch


@dataclass(frozen=True, slots=True)
class KeepCheckpoint:
    """Keep the signed note about the log's first `size` records; the next signature must agree with it (D-16)."""

    size: int
    note: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class BeginGeneration:
    """The clinic's data were put back to an older state: this generation begins, and every count goes on far ahead."""

    number: int
    at: datetime


JournalChange = (
    SaveDraft | LinkDraft | DropDraft | SaveEntryVersion | TakeBackEntry | NoteReleased | KeepReadMark
)
VisitChange = OpenVisit | TouchVisit | RenewVisit | CloseVisit | BeginLaunch
Change = (
    JournalChange
    | CourseChange
    | FindingChange
    | FilingChange
    | VisitChange
    | HeldChange
    | KeepCheckpoint
    | BeginGeneration
)


# --- the deed --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happens at one clinic: all changes and records, if every guard holds, or nothing."""

    clinic: str
    guards: tuple[Guard, ...] = ()
    changes: tuple[Change, ...] = ()
    records: tuple[Record, ...] = ()


class GuardFailed(Exception):
    """What a deed rested on is no longer true; nothing of the deed happened. `guard` says which."""

    def __init__(self, guard: Guard) -> None:
        super().__init__(type(guard).__name__)
        self.guard = guard
