"""What the care team has read of a patient's entries, and what it has not (rule 17: "unread again").

Apart from the entries themselves: reading changes nothing of what was written. Words are read, not numbers: a version
that only brought the entry to another infusion says what the one before it said, and what was read stays read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.journal.entries import Cause, EntryStatus, EntryVersion, shared_answers


@dataclass(frozen=True, slots=True)
class ReadMark:
    """A person of the care team, as "Practitioner/7", said that they have read this version of the entry."""

    entry_id: str
    patient_id: str
    version: int
    read_by: str
    read_at: datetime


class ReadState(StrEnum):
    """How far the care team is with an entry."""

    NOTHING = "nothing-to-read"  # entered in error, or nothing of it is shared
    NOT_YET = "not-yet"
    BEFORE_CHANGE = "before-change"  # read, and its patient has changed the words since
    READ = "read"


@dataclass(frozen=True, slots=True)
class Reading:
    """Where an entry's reading stands; `mark` is the last one, none where nobody has read it."""

    state: ReadState
    mark: ReadMark | None = None

    @property
    def is_owed(self) -> bool:
        """Whether words wait here for the care team."""
        return self.state in (ReadState.NOT_YET, ReadState.BEFORE_CHANGE)


def said_in(causes: Mapping[int, Cause]) -> int:
    """The version in which an entry's present words were said, from each version's number and cause.

    Where every version of them was made by a move, the words came with the first that there is; 0 where there is none.
    """
    own = [version for version, cause in causes.items() if cause is Cause.SENT]
    return max(own) if own else min(causes, default=0)


def reading(entry: EntryVersion, causes: Mapping[int, Cause], marks: Iterable[ReadMark]) -> Reading:
    """Where the reading of this newest version stands, with its entry's causes by version and all of its marks."""
    last = max(marks, key=lambda mark: mark.version, default=None)
    if entry.status is EntryStatus.ENTERED_IN_ERROR:
        return Reading(ReadState.NOTHING)
    if last is not None and last.version >= said_in(causes):
        return Reading(ReadState.READ, last)
    if not shared_answers(entry.answers):
        return Reading(ReadState.NOTHING, last)
    return Reading(ReadState.NOT_YET if last is None else ReadState.BEFORE_CHANGE, last)
