"""The lanes as the database has them, looked at from outside: who holds which, and what is owed in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select

from service.journal.entries import Filing, FilingKind, FilingState
from service.store.engine import Store
from service.store.row_security import whole_clinic
from service.store.tables import filings, lanes
from service.workflow.desk import LEASE

# On the list, with a reason.
VISIBLE = (FilingState.PARKED, FilingState.REFUSED, FilingState.WAITING)
_A_MOMENT = 5.0


@dataclass(frozen=True, slots=True)
class _Held:
    patient: str
    until: float


@dataclass(slots=True)
class Lanes:
    """One clinic's lanes. `_hands` has what each worker took up and has not ended yet, and until when it may.

    Leases are judged here by true time, whatever clocks show (F55).
    """

    store: Store
    clinic: str
    _hands: dict[str, _Held] = field(default_factory=dict)
    _fences: dict[str, int] = field(default_factory=dict)

    def look(self, owner: str, point: str, now: float) -> str | None:
        """What is wrong about this worker's being at this point now (true seconds), in the judge's words, or None."""
        if point == "K1":
            return self._taken(owner, now)
        if point == "K5":
            return self._sending(owner, now)
        if point in ("K8", "idle"):
            self.forget(owner)
        return None

    def forget(self, owner: str) -> None:
        """This worker holds nothing any more."""
        self._hands.pop(owner, None)

    def waits_for_a_lease(self) -> bool:
        """Whether something is due in a lane that is in somebody's hands, or in a dead one's."""
        held = {one.patient_id for one in self._rows() if one.owner is not None}
        return any(one.patient_id in held for one in self.due())

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

    def _taken(self, owner: str, now: float) -> str | None:
        # One whose database turned it away may hold a lane of before, too, until its lease is over.
        new = (
            one
            for one in self._rows()
            if one.owner == owner and one.fence != self._fences.get(one.patient_id)
        )
        taken = next(new, None)
        if taken is None:
            return "two_hands"
        patient = str(taken.patient_id)
        self._fences[patient] = taken.fence
        others = [one for name, one in self._hands.items() if name != owner]
        self._hands[owner] = _Held(patient, now + LEASE.total_seconds())
        early = any(one.patient == patient and now + _A_MOMENT < one.until for one in others)
        return "two_hands" if early else None

    def _sending(self, owner: str, now: float) -> str | None:
        mine = self._hands.get(owner)
        return "late_sends" if mine is None or now + _A_MOMENT > mine.until else None

    def _rows(self) -> list[Row[str, str | None, int]]:
        wanted = select(lanes.c.patient_id, lanes.c.owner, lanes.c.fence)
        with self.store.asking(whole_clinic(self.clinic)) as connection:
            return list(connection.execute(wanted.where(lanes.c.clinic == self.clinic)).all())


def _filing(values: dict[str, Any]) -> Filing:
    return Filing(**values | {"state": FilingState(values["state"]), "kind": FilingKind(values["kind"])})


def waits(one: Filing, owed: Iterable[Filing]) -> bool:
    """Whether it stands on the list behind an earlier version, of its kind, that waits for a person."""
    return any(
        other.entry_id == one.entry_id
        and other.entry_version < one.entry_version
        and other.state in VISIBLE
        and (other.kind is one.kind or one.kind is FilingKind.STRIKE)
        for other in owed
    )
