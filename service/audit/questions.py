"""What may be asked of the log: a value, so that doors can say it and the store can answer it."""

from dataclasses import dataclass
from datetime import datetime

from service.audit.record import Deed, Outcome


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records are asked for; what is not given does not matter. `since` is part of the span, `before` not."""

    ids: frozenset[str] | None = None
    patient: str | None = None
    person: str | None = None
    deeds: frozenset[Deed] | None = None
    outcomes: frozenset[Outcome] | None = None
    since: datetime | None = None
    before: datetime | None = None


EVERYTHING = AuditFilter()
