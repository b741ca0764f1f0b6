"""What may be asked about sent entries and assigned sets: values that doors can say and the store can answer."""

from collections.abc import Collection
from dataclasses import dataclass

from service.journal.conditions import Condition, Place, Sort


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries are asked for, in which order, and one page of them.

    `conditions` and `order` are of "id", "key", "patient_id", "questionnaire", "encounter_id", "status", "authored"
    and "changed_at" (of the newest version). Without an order it is newest first; `behind` goes on behind a page.
    """

    patient_ids: Collection[str] | None = None
    conditions: tuple[Condition, ...] = ()
    order: tuple[Sort, ...] = ()
    behind: Place | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class AssignedQuery:
    """Which assigned sets are asked for, as for entries; the usual order is that of their last change.

    `conditions` and `order` are of "id", "patient_id", "encounter_id", "status", "authored_on" and "changed_at".
    """

    conditions: tuple[Condition, ...] = ()
    order: tuple[Sort, ...] = ()
    behind: Place | None = None
    limit: int = 50
