"""What may be asked about sent entries and assigned sets: values that doors can say and the store can answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from service.journal.assigned import AssignedStatus
from service.journal.entries import EntryStatus


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the last one's instant (an assigned set's is its last change) and id."""

    authored: datetime
    id: str


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries are asked for; None asks nothing, an empty collection finds nothing.

    `identifiers` are business identifiers ("urn:uuid:…"). `authored_from` is part of the span,
    `authored_before` is not. Newest first, unless `oldest_first`; `after` goes on behind the last page.
    """

    ids: Collection[str] | None = None
    patient_ids: Collection[str] | None = None
    statuses: Collection[EntryStatus] | None = None
    questionnaires: Collection[str] | None = None
    encounters: Collection[str] | None = None
    identifiers: Collection[str] | None = None
    authored_from: datetime | None = None
    authored_before: datetime | None = None
    after: Cursor | None = None
    limit: int = 50
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class AssignedQuery:
    """Which assigned sets are asked for; None asks nothing, an empty collection finds nothing.

    `authored_from` and `modified_from` are part of their spans, `authored_before` and `modified_before` are not. In
    the order of their last change; `after` goes on behind the last page.
    """

    ids: Collection[str] | None = None
    patient_ids: Collection[str] | None = None
    statuses: Collection[AssignedStatus] | None = None
    encounters: Collection[str] | None = None
    authored_from: datetime | None = None
    authored_before: datetime | None = None
    modified_from: datetime | None = None
    modified_before: datetime | None = None
    after: Cursor | None = None
    limit: int = 50
