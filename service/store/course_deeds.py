"""The deeds' changes of a patient's course, and of how its infusions are found; `deeds` hands them on as its own."""

from dataclasses import dataclass
from datetime import datetime

from service.journal.assigned import AssignedSet
from service.journal.match import EncounterSeen
from service.journal.rulings import Ruling
from service.journal.series import EpisodeSeen

# --- the course -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RememberEncounters:
    """What the record system shows of this patient now, in place of what it showed before.

    A look that was owed at `look_began` or earlier is paid by this one; None leaves it owed. `etag` is what the
    record system calls this answer.
    """

    patient_id: str
    encounters: tuple[EncounterSeen, ...]
    seen_at: datetime
    episodes: tuple[EpisodeSeen, ...] = ()
    look_began: datetime | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class NoteUnchanged:
    """The record system was asked, and shows this patient as remembered: looked at, and no revision on."""

    patient_id: str
    looked_at: datetime
    look_began: datetime


@dataclass(frozen=True, slots=True)
class OweLook:
    """This patient's encounters are to be read anew from this instant on, or earlier where that is owed already."""

    patient_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class PostponeLook:
    """The record system was silent: the look that is owed is made no earlier than this."""

    patient_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class NoteOpenItems:
    """So many things about this patient wait for a clinician."""

    patient_id: str
    count: int


@dataclass(frozen=True, slots=True)
class SaveRuling:
    """Keep what a person decided, for good; the patient's course is a revision on."""

    ruling: Ruling


@dataclass(frozen=True, slots=True)
class KeepAssigned:
    """Keep this assigned set; the patient's course is a revision on. Version 1 is new, others follow in order."""

    assigned: AssignedSet


@dataclass(frozen=True, slots=True)
class NoteAssignedWritten:
    """The record system has this version of the assigned set."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class PostponeAssigned:
    """Writing the assigned set into the record system failed: try again from this instant on."""

    id: str
    at: datetime
    reason: str


# --- finding infusions ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeepNotice:
    """The record system notified us of this encounter."""

    encounter_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DropNotices:
    """These encounters were looked at; a notice received later than `received_until` stays."""

    encounter_ids: tuple[str, ...]
    received_until: datetime


@dataclass(frozen=True, slots=True)
class KeepFinding:
    """Where the search for new infusions stands; what is None stays as it was. The lease of this `owner` ends."""

    since: datetime | None = None
    looked_at: datetime | None = None
    due_at: datetime | None = None
    last_event: int | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class KeepMerge:
    """The record system says that this patient's record now goes on under another id."""

    old_id: str
    new_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DropMerge:
    """The record system no longer says so."""

    old_id: str


CourseChange = (
    RememberEncounters
    | NoteUnchanged
    | OweLook
    | PostponeLook
    | NoteOpenItems
    | SaveRuling
    | KeepAssigned
    | NoteAssignedWritten
    | PostponeAssigned
)
FindingChange = KeepNotice | DropNotices | KeepFinding | KeepMerge | DropMerge
