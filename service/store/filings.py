"""What is owed to the record system, and how the worker takes it up: one patient's lane at a time (fault matrix 2).

A lane is leased under a fence that only grows. Every later write of the worker carries that fence as a guard.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    text,
    update,
)

from service.access.context import AccessContext
from service.journal.entries import Filing, FilingKind, FilingState
from service.store import kept_summaries
from service.store.columns import Instant
from service.store.engine import Store
from service.store.reach import owed_rows, still_held
from service.store.row_security import Reach, tell, whole_clinic, whole_house
from service.store.sealing import Seal
from service.store.tables import entries, filings, lanes

_OPEN = tuple(
    state.value for state in (FilingState.DUE, FilingState.WAITING, FilingState.PARKED, FilingState.REFUSED)
)
_THERE = (FilingState.FILED.value, FilingState.HELD_THERE.value)
# What a later version owes beside this one is left to that version's workers (F36).
KNOWN = tuple(one.value for one in FilingKind)
_OF_A_SERIES = filings.c.kind == FilingKind.COURSE.value
_COLUMNS = tuple(Filing.__dataclass_fields__)
_BEGIN_LANE = text(
    "INSERT INTO lanes (clinic, patient_id, fence) VALUES (:clinic, :patient_id, 0) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A filing in one worker's hands until `lease_until`, under this fence.

    `send_started_at` tells of an earlier send whose outcome nobody knows; `summary` is what was rendered before, in
    the form that `media_type` names, and has to be sent again byte for byte.
    """

    filing: Filing
    fence: int
    lease_until: datetime
    send_started_at: datetime | None
    summary: bytes | None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class HeldLane:
    """A lane in somebody's hands, under the fence of its lease: another lease has another fence."""

    patient_id: str
    fence: int


# --- questions -------------------------------------------------------------------------------------------------


def of_entry(store: Store, context: AccessContext, entry_id: str) -> list[Filing]:
    """The filings of all versions of an entry, in the order in which they were owed."""
    return _read(store, context, *owed_rows(context), filings.c.entry_id == entry_id)


def of_patient(store: Store, context: AccessContext, patient_id: str) -> list[Filing]:
    """The filings of a patient, in the order in which they were owed."""
    return _read(store, context, *owed_rows(context), filings.c.patient_id == patient_id)


def of_one_entry(store: Store, clinic: str, entry_id: str) -> list[Filing]:
    """The filings of an entry, for the service itself."""
    return _read(store, whole_clinic(clinic), filings.c.clinic == clinic, filings.c.entry_id == entry_id)


def open_filings(store: Store, clinic: str, at: datetime) -> list[Filing]:
    """What is due, waiting, parked or refused at this clinic, or amiss there: identifiers and states, no words.

    What is held at this instant is not among it (rule 15).
    """
    is_open = or_(filings.c.state.in_(_OPEN), filings.c.trouble.is_not(None))
    mine = (filings.c.clinic == clinic, is_open, ~still_held(at))
    return _read(store, whole_clinic(clinic), *mine)


def predecessor(store: Store, clinic: str, entry_id: str, before_version: int) -> Filing | None:
    """The filing whose document a later version replaces: the newest earlier one that is there; None for none."""
    there = _read(
        store,
        whole_clinic(clinic),
        filings.c.clinic == clinic,
        filings.c.entry_id == entry_id,
        filings.c.entry_version < before_version,
        filings.c.kind == FilingKind.SUMMARY.value,
        filings.c.state.in_(_THERE),
        filings.c.document_id.is_not(None),
    )
    return max(there, key=lambda filing: filing.entry_version, default=None)


def key_of(store: Store, clinic: str, entry_id: str) -> str:
    """The key of the entry with this id, which its business identifier is made of; LookupError where there is none."""
    this = select(entries.c.key).where(entries.c.clinic == clinic, entries.c.id == entry_id)
    with store.asking(whole_clinic(clinic)) as connection:
        key: str | None = connection.scalar(this)
    if key is None:
        raise LookupError("there is no such entry")
    return key


def response_there(store: Store, clinic: str, entry_id: str) -> str | None:
    """The record system's id of this entry's QuestionnaireResponse, once it stands there (rule 20)."""
    there = _read(
        store,
        whole_clinic(clinic),
        filings.c.clinic == clinic,
        filings.c.entry_id == entry_id,
        filings.c.kind == FilingKind.RESPONSE.value,
        filings.c.state == FilingState.FILED.value,
        filings.c.document_id.is_not(None),
    )
    return there[-1].document_id if there else None


def summary_of(store: Store, clinic: str, filing_id: str) -> bytes | None:
    """The file that was rendered for this filing, or None."""
    with store.asking(whole_clinic(clinic)) as connection:
        kept = kept_summaries.kept_for(connection, store.seal, clinic, filing_id)
    return kept[0] if kept else None


# --- claiming --------------------------------------------------------------------------------------------------


def held_lanes(connection: Connection, clinic: str) -> list[HeldLane]:
    """The lanes that are in somebody's hands, and those whose holder died over them. For `Writer.run_alone`."""
    tell(connection, whole_clinic(clinic))
    held = select(lanes.c.patient_id, lanes.c.fence).where(
        lanes.c.clinic == clinic, lanes.c.lease_until.is_not(None)
    )
    return [HeldLane(row.patient_id, row.fence) for row in connection.execute(held)]


def claim_next(
    connection: Connection,
    seal: Seal,
    clinic: str,
    now: datetime,
    lease: timedelta,
    owner: str,
    over: Callable[[list[HeldLane]], Collection[HeldLane]] = lambda _: (),
) -> Claimed | None:
    """Lease the lane of the patient who has waited longest, and take its oldest due filing; None for no work.

    A function for `Writer.run_alone`. The versions of an entry go in order: while one is due, waiting, parked or
    refused, the later ones of its kind wait; other entries of the patient go on. A strike waits for what is due alone:
    what else is open it brings to an end itself. Of the lanes that are held, those are taken over whose lease is
    `over`: the instant in the row is for people to read, as clocks are set (F55).
    """
    tell(connection, whole_clinic(clinic))
    ended = over(held_lanes(connection, clinic))
    patient_id = _free_lane(connection, clinic, now, ended)
    if patient_id is None:
        return None
    fence = _lease_lane(connection, clinic, patient_id, now + lease, owner, ended)
    if fence is None:
        return None
    mine = (*_ready(clinic, now), filings.c.patient_id == patient_id)
    row = connection.execute(select(filings).where(*mine).order_by(filings.c.number).limit(1)).one_or_none()
    if row is None:
        # Another worker settled it between our two questions.
        release_lane(connection, clinic, patient_id, fence)
        return None
    kept = kept_summaries.kept_for(connection, seal, clinic, row.id)
    summary, media_type = kept or (None, None)
    return Claimed(as_filing(row), fence, now + lease, row.send_started_at, summary, media_type)


# --- changes ---------------------------------------------------------------------------------------------------


def queue(connection: Connection, clinic: str, new: Filing) -> None:
    """Owe this filing, in the patient's lane."""
    connection.execute(_BEGIN_LANE, {"clinic": clinic, "patient_id": new.patient_id})
    row = {name: getattr(new, name) for name in _COLUMNS}
    said = {"clinic": clinic, "state": new.state.value, "kind": new.kind.value}
    connection.execute(insert(filings), row | said)


def change(connection: Connection, clinic: str, filing_id: str, **values: object) -> None:
    """Set these columns of a filing; LookupError where there is no such filing."""
    this = (filings.c.clinic == clinic, filings.c.id == filing_id)
    changed = connection.execute(update(filings).where(*this).values(**values).returning(filings.c.number))
    if changed.one_or_none() is None:
        raise LookupError("there is no such filing")


def note_send(connection: Connection, clinic: str, filing_id: str, at: datetime | None) -> None:
    """A send begins at this instant, the first attempt if there was none; None: its outcome became known."""
    first = func.coalesce(filings.c.first_tried_at, literal(at, Instant))
    change(connection, clinic, filing_id, send_started_at=at, first_tried_at=first)


def postpone(
    connection: Connection,
    clinic: str,
    filing_id: str,
    due_at: datetime,
    attempts: int,
    reason: str | None,
    tried_at: datetime | None,
) -> None:
    """The filing is due at this instant; `tried_at` becomes its first attempt where there was none.

    A person may send a parked or refused filing on its way again: it is due like any other, its attempts anew.
    """
    first = func.coalesce(filings.c.first_tried_at, literal(tried_at, Instant))
    change(
        connection,
        clinic,
        filing_id,
        state=FilingState.DUE.value,
        settled_at=None,
        trouble=None,
        due_at=due_at,
        attempts=attempts,
        reason=reason,
        first_tried_at=case((filings.c.state == FilingState.DUE.value, first), else_=null()),
    )


def cancel_before(
    connection: Connection, clinic: str, entry_id: str, before: int, reason: str, settled_at: datetime
) -> None:
    """End what is open of the entry's versions before this one."""
    these = (
        filings.c.clinic == clinic,
        filings.c.entry_id == entry_id,
        filings.c.entry_version < before,
        filings.c.state.in_(_OPEN),
        ~_OF_A_SERIES,  # it tells of other entries as well, and is owed anew without this one
    )
    ended = {"state": FilingState.CANCELLED.value, "reason": reason, "settled_at": settled_at}
    connection.execute(update(filings).where(*these).values(**ended))


def release_lane(connection: Connection, clinic: str, patient_id: str, fence: int) -> None:
    """End the lease, where it is still this one."""
    this = (lanes.c.clinic == clinic, lanes.c.patient_id == patient_id, lanes.c.fence == fence)
    connection.execute(update(lanes).where(*this).values(lease_until=None, owner=None))


def free_every_lane(connection: Connection) -> None:
    """End every lease, whoever held it: only for a process that knows it is the only one. Fences keep growing."""
    tell(connection, whole_house())
    connection.execute(update(lanes).values(lease_until=None, owner=None))


# --- how -------------------------------------------------------------------------------------------------------


def _free_lane(connection: Connection, clinic: str, now: datetime, over: Collection[HeldLane]) -> str | None:
    """The patient of the filing that has been due for longest, of those whose lane is free.

    Filings are walked in the order of their index, and the first that may go ends the walk: however much is owed, no
    more of it is looked at than what is held up (F60).
    """
    of_lane = and_(lanes.c.clinic == filings.c.clinic, lanes.c.patient_id == filings.c.patient_id)
    wanted = (
        select(lanes.c.patient_id)
        .select_from(filings.join(lanes, of_lane))
        .where(*_ready(clinic, now), _is_free(over))
        .order_by(filings.c.due_at, filings.c.number)
        .limit(1)
    )
    if connection.dialect.name == "postgresql":
        wanted = wanted.with_for_update(skip_locked=True, of=lanes)
    return connection.scalar(wanted)


def _lease_lane(
    connection: Connection,
    clinic: str,
    patient_id: str,
    until: datetime,
    owner: str,
    over: Collection[HeldLane],
) -> int | None:
    this = (lanes.c.clinic == clinic, lanes.c.patient_id == patient_id, _is_free(over))
    taken = update(lanes).where(*this).values(fence=lanes.c.fence + 1, lease_until=until, owner=owner)
    fence: int | None = connection.scalar(taken.returning(lanes.c.fence))
    return fence


def _is_free(over: Collection[HeldLane]) -> ColumnElement[bool]:
    ended = (and_(lanes.c.patient_id == one.patient_id, lanes.c.fence == one.fence) for one in over)
    return or_(lanes.c.lease_until.is_(None), *ended)


def _ready(clinic: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    earlier = filings.alias("earlier")
    waits = exists().where(
        earlier.c.clinic == filings.c.clinic,
        earlier.c.entry_id == filings.c.entry_id,
        earlier.c.entry_version < filings.c.entry_version,
        or_(
            and_(earlier.c.kind == filings.c.kind, earlier.c.state.in_(_OPEN)),
            and_(
                filings.c.kind == FilingKind.STRIKE.value,
                earlier.c.state == FilingState.DUE.value,
            ),
        ),
    )
    return (
        filings.c.clinic == clinic,
        filings.c.state == FilingState.DUE.value,
        filings.c.kind.in_(KNOWN),
        filings.c.due_at <= now,
        ~waits.correlate(filings),
        ~_waits_in_its_series(),
    )


def _waits_in_its_series() -> ColumnElement[bool]:
    """Whether an earlier document of the same series is open: each replaces the one before it."""
    earlier = filings.alias("earlier_of_series")
    return (
        exists()
        .where(
            _OF_A_SERIES,
            earlier.c.clinic == filings.c.clinic,
            earlier.c.patient_id == filings.c.patient_id,
            earlier.c.kind == FilingKind.COURSE.value,
            earlier.c.series == filings.c.series,
            earlier.c.number < filings.c.number,
            earlier.c.state.in_(_OPEN),
        )
        .correlate(filings)
    )


def _read(store: Store, who: AccessContext | Reach, *conditions: ColumnElement[bool]) -> list[Filing]:
    with store.asking(who) as connection:
        known = select(filings).where(filings.c.kind.in_(KNOWN), *conditions)
        rows = connection.execute(known.order_by(filings.c.number)).all()
    return [as_filing(row) for row in rows]


def as_filing(row: Row[Any]) -> Filing:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Filing(**values | {"state": FilingState(row.state), "kind": FilingKind(row.kind)})
