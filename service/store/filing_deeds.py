"""What changes of what is owed to a record system, as values: apart, because deeds speak of everything else as well."""

from dataclasses import dataclass, field
from datetime import datetime

from service.journal.entries import Filing, FilingState


@dataclass(frozen=True, slots=True)
class QueueFiling:
    """Owe the record system this filing, in the patient's lane."""

    filing: Filing


@dataclass(frozen=True, slots=True)
class SettleFiling:
    """What became of a filing in the end; `due_at` is when it is looked for there again, where it is."""

    filing_id: str
    state: FilingState
    reason: str | None
    document_id: str | None
    settled_at: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PostponeFiling:
    """Try again later. A send that was begun and never resolved stays noted.

    `tried_at` is when the attempt was made that ended so; the first one's instant stays. A filing that was no longer
    due is on its way again by a person's word, and its attempts count anew.
    """

    filing_id: str
    due_at: datetime
    attempts: int
    reason: str | None
    tried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeepSummary:
    """Keep the rendered summary, so that every attempt sends the same bytes.

    It takes the place of one in another form, which the record system did not take.
    """

    filing_id: str
    pdf: bytes = field(repr=False)
    sha256: str
    media_type: str = "application/pdf"


@dataclass(frozen=True, slots=True)
class NoteSendStarted:
    """Intent before send (fault matrix section 2); None where the outcome of the send became known."""

    filing_id: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ReleaseLane:
    """Give the patient's lane back, if it is still held under this fence."""

    patient_id: str
    fence: int


@dataclass(frozen=True, slots=True)
class CancelFilings:
    """What earlier versions of this entry still owe, and what waits for a person there, is owed no more."""

    entry_id: str
    before_version: int
    reason: str
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class NoteLook:
    """The filing was looked for in the record system; `trouble` is what was amiss, a fixed word. Due again then."""

    filing_id: str
    looked_at: datetime | None
    due_at: datetime
    trouble: str | None


FilingChange = (
    QueueFiling
    | SettleFiling
    | PostponeFiling
    | KeepSummary
    | NoteSendStarted
    | ReleaseLane
    | CancelFilings
    | NoteLook
)
