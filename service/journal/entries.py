"""What one patient writes after one infusion: drafts, sent versions, and what became of their filing.

The states are those of QuestionnaireResponse.status (questionnaires-sdc B2); the steps between them are rules
of this house (product rules 13-17).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EntryStatus(StrEnum):
    """Where an entry stands, in the codes of questionnaire-answers-status."""

    IN_PROGRESS = "in-progress"
    STOPPED = "stopped"
    COMPLETED = "completed"
    AMENDED = "amended"
    ENTERED_IN_ERROR = "entered-in-error"

    @property
    def is_sent(self) -> bool:
        """Whether others than the patient may ever see it."""
        return self not in (EntryStatus.IN_PROGRESS, EntryStatus.STOPPED)


class Cause(StrEnum):
    """Why a version of an entry came to be: what its Provenance says (rule 11)."""

    SENT = "sent"  # by the patient
    ATTACHED = "attached"  # to the infusion it belongs to, by rule or by a person
    MOVED = "moved"  # to another infusion, by a person
    DETACHED = "detached"  # from an infusion that it does not belong to, by a person


class FilingState(StrEnum):
    """What became of putting one entry version into the record system."""

    DUE = "due"  # written down with the entry; the worker has not finished it yet
    WAITING = (
        "waiting"  # the record system takes it only with an encounter, and the entry has none yet (rule 11)
    )
    FILED = "filed"  # the record system confirmed it
    HELD_THERE = "held-there"  # the record system keeps it for review (202)
    PARKED = "parked"  # the outcome is unknown: a person must look
    REFUSED = "refused"  # the record system will not take it as it is
    CANCELLED = "cancelled"  # taken back before anything was sent


class FilingKind(StrEnum):
    """What it is that one entry version owes the record system."""

    SUMMARY = "summary"  # the summary, as a document
    RESPONSE = "response"  # the QuestionnaireResponse itself, where the record system takes it (rule 20)
    COURSE = "course"  # the summary of a whole series, once it is over (rule 20)
    STRIKE = "strike"  # what stands there is to be marked as entered in error (rule 21)


@dataclass(frozen=True, slots=True)
class Answer:
    """The words given to one prompt; `private` keeps them in the patient's own journal (rule 16)."""

    link_id: str
    text: str
    private: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing but white space was written."""
        return not self.text.strip()


@dataclass(frozen=True, slots=True)
class Link:
    """Which infusion an entry belongs to, frozen with its evidence when the patient starts writing (rule 9)."""

    encounter_id: str | None = None
    ordinal: int | None = None
    infusion_start: datetime | None = None
    infusion_end: datetime | None = None
    evidence: tuple[str, ...] = ()
    rule_version: str | None = None
    series: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """Words not yet sent: the patient's alone. `revision` counts the saves; 1 is the first.

    `sitting` names the visit that saved last: the autosaves of one sitting are one remembered deed (rule 25).
    `follows` is the version after which these words come: 0 for a new entry, else they amend it, or it was taken back.
    """

    key: str
    patient_id: str
    questionnaire: str
    link: Link
    answers: tuple[Answer, ...]
    revision: int
    started_at: datetime
    saved_at: datetime
    language: str
    status: EntryStatus = EntryStatus.IN_PROGRESS
    resume_at: str | None = None
    sitting: str | None = None
    follows: int = 0


@dataclass(frozen=True, slots=True)
class EntryVersion:
    """One sent version of an entry. `id` is the FHIR id, `key` the client's UUID, `version` counts up from 1.

    `shared` is the QuestionnaireResponse JSON that others may see, without its server-owned elements; `answers`
    hold everything, the private ones too. `begun_at` is the instant of the first word. `cause`, `made_by` (as
    "Practitioner/7"; None for the patient, or for this service where it attached the entry by rule) and `why` (a
    Reason, where a person decided) tell of this version's making. Until `held_until` only the patient sees it
    (rule 15). `follows` is the number before this one where that is not the one below it (`journal.numbers`).
    `because` is what the patient says to the care team of why they changed these words, where they do (rule 17).
    """

    id: str
    key: str
    version: int
    status: EntryStatus
    patient_id: str
    questionnaire: str
    link: Link
    answers: tuple[Answer, ...]
    authored: datetime
    recorded_at: datetime
    language: str
    shared: bytes
    through: str = "page"
    begun_at: datetime | None = None
    cause: Cause = Cause.SENT
    made_by: str | None = None
    why: str | None = None
    held_until: datetime | None = None
    follows: int | None = None
    because: str | None = field(default=None, repr=False)

    @property
    def before(self) -> int:
        """The number of the version before this one; 0 where the entry begins with it."""
        return self.version - 1 if self.follows is None else self.follows

    @property
    def identifier(self) -> str:
        """The entry's business identifier, the same in every version."""
        return f"urn:uuid:{self.key}"


def without_amendments(begun: Iterable[Draft], sent: Iterable[EntryVersion]) -> list[Draft]:
    """The drafts that stand for themselves: those that change what was sent stand with it, under the same key."""
    keys = {entry.key for entry in sent}
    return [draft for draft in begun if draft.key not in keys]


@dataclass(frozen=True, slots=True)
class Filing:
    """One thing owed to the record system on account of one entry version.

    `version_identifier` is the key of exactly-once (rule 20); `document_id` is the record system's id once known.
    Giving up counts from `first_tried_at`, the first attempt since it was owed or a person last sent it on its way.
    `due_at` is when something is to be done about it next: an attempt, or a look at what stands there. `looked_at` is
    when it was last looked for after it was settled, `trouble` what was amiss then. `send_started_at` tells of a send
    whose outcome nobody knows. What tells of a whole `series` is owed on account of its last entry; `says` is a digest
    of what it was owed for.
    """

    id: str
    patient_id: str
    entry_id: str
    entry_version: int
    version_identifier: str
    state: FilingState
    due_at: datetime
    attempts: int = 0
    reason: str | None = None
    document_id: str | None = None
    settled_at: datetime | None = None
    first_tried_at: datetime | None = None
    kind: FilingKind = FilingKind.SUMMARY
    looked_at: datetime | None = None
    trouble: str | None = None
    send_started_at: datetime | None = None
    series: str | None = None
    says: str | None = None

    @property
    def may_stand_there(self) -> bool:
        """Whether the record system may hold something of it: it was confirmed, or sent with an unknown outcome."""
        return self.state in (FilingState.FILED, FilingState.HELD_THERE) or self.send_started_at is not None


def told_of(owed: Iterable[Filing], version: int) -> Filing | None:
    """The filing that tells people how far this version is on its way: its document's, or the strike's (rule 19)."""
    theirs = (FilingKind.SUMMARY, FilingKind.STRIKE)
    return next((one for one in owed if one.entry_version == version and one.kind in theirs), None)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the patient is owed after sending: the entry version as stored, and its filing.

    `unchanged`: what was sent said what stood there already. `amending`: something was begun to change it since.
    `stands_there`: the record system has an earlier version of it.
    """

    entry: EntryVersion
    filing: Filing | None
    unchanged: bool = False
    amending: bool = False
    stands_there: bool = False


def shared_answers(answers: tuple[Answer, ...]) -> Mapping[str, str]:
    """The answers others may see, by linkId: neither private nor blank ones (rule 16)."""
    return {answer.link_id: answer.text for answer in answers if not answer.private and not answer.is_blank}


def is_empty(answers: tuple[Answer, ...]) -> bool:
    """Whether nothing at all was written (rule 17: refused as completed)."""
    return all(answer.is_blank for answer in answers)
