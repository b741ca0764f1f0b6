"""How a clinic's new infusions are found: the encounters it notified us of, and where the search for others stands."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, or_, select, text, update

from service.store.columns import Instant
from service.store.course_tables import finding, notices
from service.store.engine import Store
from service.store.row_security import tell, whole_clinic, whole_house

_BEGIN_FINDING = text("INSERT INTO finding (clinic) VALUES (:clinic) ON CONFLICT DO NOTHING")
# In one statement: another process may be dropping the notice that is there.
_KEEP_NOTICE = text(
    """
    INSERT INTO notices (clinic, encounter_id, received_at) VALUES (:clinic, :encounter_id, :at)
    ON CONFLICT (clinic, encounter_id) DO UPDATE SET received_at = CASE
        WHEN excluded.received_at > notices.received_at THEN excluded.received_at
        ELSE notices.received_at
    END
    """
).bindparams(bindparam("at", type_=Instant))


@dataclass(frozen=True, slots=True)
class Notice:
    """An encounter that the record system notified us of, and when it last did."""

    encounter_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """Where the search for new infusions stands: what is new `since`, when it was last asked, when it is due again.

    `last_event` is the number of the last notification that the record system sent.
    """

    since: datetime | None = None
    looked_at: datetime | None = None
    due_at: datetime | None = None
    last_event: int | None = None


_FIELDS = [finding.c[name] for name in Finding.__dataclass_fields__]

# --- questions, for the worker: identifiers of a whole clinic -----------------------------------------------------


def take_notices(store: Store, clinic: str, limit: int) -> tuple[Notice, ...]:
    """The encounters that nobody looked at since they were notified of, the first ones first; they stay noted."""
    wanted = (
        select(notices.c.encounter_id, notices.c.received_at)
        .where(notices.c.clinic == clinic)
        .order_by(notices.c.number)
        .limit(limit)
    )
    with store.asking(whole_clinic(clinic)) as connection:
        return tuple(Notice(*row) for row in connection.execute(wanted))


def finding_of(store: Store, clinic: str) -> Finding | None:
    """Where the clinic's search stands; None where it never began."""
    with store.asking(whole_clinic(clinic)) as connection:
        row = connection.execute(select(*_FIELDS).where(finding.c.clinic == clinic)).one_or_none()
    return None if row is None else Finding(*row)


# --- claiming --------------------------------------------------------------------------------------------------


def claim_finding(
    connection: Connection, clinic: str, now: datetime, lease: timedelta, owner: str
) -> Finding | None:
    """Take the clinic's search for `lease`, if it is due and in nobody else's hands; None where it is not.

    A function for `Writer.run_alone`.
    """
    tell(connection, whole_clinic(clinic))
    connection.execute(_BEGIN_FINDING, {"clinic": clinic})
    free = or_(finding.c.lease_until.is_(None), finding.c.lease_until <= now)
    due = or_(finding.c.due_at.is_(None), finding.c.due_at <= now)
    taken = update(finding).where(finding.c.clinic == clinic, free, due)
    leased = taken.values(lease_until=now + lease, owner=owner).returning(*_FIELDS)
    row = connection.execute(leased).one_or_none()
    return None if row is None else Finding(*row)


# --- changes ---------------------------------------------------------------------------------------------------


def keep(connection: Connection, clinic: str, stands: Finding, owner: str | None) -> None:
    """Keep where the search stands, as far as it is said; the lease ends, where it is this owner's."""
    connection.execute(_BEGIN_FINDING, {"clinic": clinic})
    said = {name: value for name, value in asdict(stands).items() if value is not None}
    if said:
        connection.execute(update(finding).where(finding.c.clinic == clinic).values(**said))
    if owner is not None:
        held = (finding.c.clinic == clinic, finding.c.owner == owner)
        connection.execute(update(finding).where(*held).values(lease_until=None, owner=None))


def end_every_lease(connection: Connection) -> None:
    """Let every clinic's search go, whoever held it: only for a process that knows it is the only one."""
    tell(connection, whole_house())
    connection.execute(update(finding).values(lease_until=None, owner=None))


def keep_notice(connection: Connection, clinic: str, encounter_id: str, at: datetime) -> None:
    """Note that the record system named this encounter, now or again."""
    connection.execute(_KEEP_NOTICE, {"clinic": clinic, "encounter_id": encounter_id, "at": at})


def drop_notices(
    connection: Connection, clinic: str, encounter_ids: Collection[str], received_until: datetime
) -> None:
    """These encounters were looked at; what was received later is still to be."""
    looked_at = (
        notices.c.clinic == clinic,
        notices.c.encounter_id.in_(sorted(encounter_ids)),
        notices.c.received_at <= received_until,
    )
    connection.execute(delete(notices).where(*looked_at))
