"""The lanes as the database has them, looked at from outside: who holds which, and what is owed in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from service.journal.entries import Filing, FilingKind, FilingState
from service.store.engine import Store
from service.store.row_security import whole_clinic
from service.store.tables import filings, lanes

# On the list, with a reason.
VISIBLE = (FilingState.PARKED, FilingState.REFUSED, FilingState.WAITING)
_A_MOMENT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Held:
    patient: str
    until: datetime


@dataclass(slots=True)
class Lanes:
    """One clinic's lanes. `_hands` has what each worker took up and has not ended yet, `_asked` when it asked."""

    store: Store
    clinic: str
    _hands: dict[str, _Held] = field(default_factory=dict)
    _asked: dict[str, datetime] = field(default_factory=dict)

    def look(self, owner: str, point: str, now: datetime) -> str | None:
        """What is wrong about this worker's being at this point now, in the judge's words; None for nothing."""
        if point == "K0":
            self._asked[owner] = now
        if point == "K1":
            return self._taken(owner, self._asked[owner])
        if point == "K5":
            return self._sending(owner, now)
        if point in ("K8", "idle"):
            self.forget(owner)
        return None

    def forget(self, owner: str) -> None:
        """This worker holds nothing any more."""
        self._hands.pop(owner, None)

    def ends(self) -> list[datetime]:
        """When each lease of the clinic ends."""
        return [until for _, _, until in self._rows() if until is not None]

    def owed(self) -> list[Filing]:
        """Every filing of the clinic, in the order in which they were owed."""
        names = tuple(Filing.__dataclass_fields__)
        wanted = select(filings).where(filings.c.clinic == self.clinic).order_by(filings.c.number)
        with self.store.asking(whole_clinic(self.clinic)) as connection:
            rows = connection.execute(wanted).all()
        return [_filing({name: getattr(row, name) for name in names}) for row in rows]

    def due(self) -> list[Filing]:
        """What is to be filed now or later, and waits for no earlier version that is a person's to decide about."""
        owed = self.owed()
        return [one for one in owed if one.state is FilingState.DUE and not waits(one, owed)]

    def _taken(self, owner: str, now: datetime) -> str | None:
        mine = self._of(owner)
        if mine is None:
            return "two_hands"
        others = [one for name, one in self._hands.items() if name != owner]
        self._hands[owner] = mine
        return "two_hands" if any(one.patient == mine.patient and now < one.until for one in others) else None

    def _sending(self, owner: str, now: datetime) -> str | None:
        mine = self._of(owner)
        return "late_sends" if mine is None or now + _A_MOMENT > mine.until else None

    def _of(self, owner: str) -> _Held | None:
        return next(
            (_Held(patient, until) for patient, name, until in self._rows() if name == owner and until), None
        )

    def _rows(self) -> list[tuple[str, str | None, datetime | None]]:
        wanted = select(lanes.c.patient_id, lanes.c.owner, lanes.c.lease_until)
        with self.store.asking(whole_clinic(self.clinic)) as connection:
            rows = connection.execute(wanted.where(lanes.c.clinic == self.clinic)).all()
        return [(row.patient_id, row.owner, row.lease_until) for row in rows]


def _filing(values: dict[str, Any]) -> Filing:
    return Filing(**values | {"state": FilingState(values["state"]), "kind": FilingKind(values["kind"])})


def waits(one: Filing, owed: Iterable[Filing]) -> bool:
    """Whether it stands on the list behind an earlier version that waits for a person."""
    return any(
        other.entry_id == one.entry_id and other.entry_version < one.entry_version and other.state in VISIBLE
        for other in owed
    )
