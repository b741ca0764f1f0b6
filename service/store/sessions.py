"""Who is signed in, and which launches are under way: visits and pending launches, read by handle or by state.

No raw secret is ever stored. What a visitor's browser or the record system shows us is kept as a digest; what we
have to show again (tokens, a code verifier) is sealed.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from service.store.engine import Store
from service.store.held_words import end_visits, ended_visits, held_words
from service.store.row_security import known_by, tell, whole_house
from service.store.sealing import Place, Seal, Sealed
from service.store.tables import launches, visits


@dataclass(frozen=True, slots=True)
class VisitContents:
    """What a visit carries that is nobody else's business: tokens, names, and how the launch wants to look."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    token_expires_at: datetime
    scopes: str
    need_patient_banner: bool = True
    smart_style_url: str | None = None
    patient_name: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    patient_identifier: str | None = field(default=None, repr=False)
    person_name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Visit:
    """One signed-in person at one clinic. `kind` is "patient", "clinician" or "officer".

    `handle` names the visit, `secret_digest` is of what the browser has to show for it.
    """

    handle: str
    secret_digest: str
    clinic: str
    kind: str
    person: str
    patient_id: str | None
    encounter_id: str | None
    contents: VisitContents
    started_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PendingLaunch:
    """A launch that went to the authorization server and has not come back; good for one return only.

    `contents` holds what the return needs (code verifier, nonce, where to go on); it is sealed at rest.
    """

    state_digest: str
    browser_digest: str
    clinic: str
    kind: str
    contents: dict[str, str] = field(repr=False)
    expires_at: datetime


def visit(store: Store, handle: str) -> Visit | None:
    """The visit with this handle, expired or not; None where there is none (never was, or signed out)."""
    with store.asking(known_by(handle)) as connection:
        row = connection.execute(select(visits).where(visits.c.handle == handle)).one_or_none()
    return None if row is None else _as_visit(store.seal, row)


def pending_launch(store: Store, state_digest: str) -> PendingLaunch | None:
    """The launch under this state, expired or not; None where there is none or it was used."""
    with store.asking(known_by(state_digest)) as connection:
        row = connection.execute(
            select(launches).where(launches.c.state_digest == state_digest)
        ).one_or_none()
    return None if row is None else _as_launch(store.seal, row)


def open_visit(connection: Connection, seal: Seal, clinic: str, new: Visit) -> None:
    """Write a new visit down. ValueError where it belongs to another clinic than the deed."""
    if new.clinic != clinic:
        raise ValueError("a visit belongs to the clinic of its deed")
    row = {name: getattr(new, name) for name in _VISIT_COLUMNS}
    row["contents"] = _seal_contents(seal, clinic, new.handle, new.contents)
    connection.execute(insert(visits), row)


def touch_visit(
    connection: Connection, clinic: str, handle: str, seen_at: datetime, expires_at: datetime
) -> None:
    """Note that the visitor was here, and until when the visit lasts now."""
    connection.execute(_this_visit(clinic, handle).values(seen_at=seen_at, expires_at=expires_at))


def renew_visit(
    connection: Connection,
    seal: Seal,
    clinic: str,
    handle: str,
    contents: VisitContents,
    expires_at: datetime,
) -> None:
    """Put refreshed tokens in place of the old ones."""
    sealed = _seal_contents(seal, clinic, handle, contents)
    connection.execute(_this_visit(clinic, handle).values(contents=sealed, expires_at=expires_at))


def close_visit(connection: Connection, clinic: str, handle: str) -> None:
    """Sign out: the visit and its tokens are gone."""
    connection.execute(delete(visits).where(visits.c.clinic == clinic, visits.c.handle == handle))


def begin_launch(connection: Connection, seal: Seal, clinic: str, new: PendingLaunch) -> None:
    """Write a pending launch down. ValueError where it belongs to another clinic than the deed."""
    if new.clinic != clinic:
        raise ValueError("a launch belongs to the clinic of its deed")
    row = {name: getattr(new, name) for name in _LAUNCH_COLUMNS}
    row["contents"] = seal.seal(_launch_place(clinic, new.state_digest), _as_json(new.contents))
    connection.execute(insert(launches), row)


def use_launch(connection: Connection, clinic: str, state_digest: str) -> None:
    """Use a pending launch up: it goes, with its verifier, so it cannot be used twice."""
    connection.execute(
        delete(launches).where(launches.c.clinic == clinic, launches.c.state_digest == state_digest)
    )


def forget_expired(connection: Connection, now: datetime) -> int:
    """Drop what is over in every clinic: visits, launches, words held for a day; how many. For `run_alone`."""
    tell(connection, whole_house())
    over = end_visits(connection, now, (visits.c.expires_at <= now,))
    gone = [
        connection.execute(delete(table).where(table.c.expires_at <= now).returning(table.c.clinic)).all()
        for table in (launches, ended_visits, held_words)
    ]
    return over + sum(len(rows) for rows in gone)


_VISIT_COLUMNS = (
    "handle", "secret_digest", "clinic", "kind", "person", "patient_id", "encounter_id",
    "started_at", "seen_at", "expires_at",
)  # fmt: skip
_MOMENTS = {"token_expires_at": datetime.fromisoformat, "birth_date": date.fromisoformat}
_LAUNCH_COLUMNS = ("state_digest", "browser_digest", "clinic", "kind", "expires_at")


def _this_visit(clinic: str, handle: str) -> Any:
    return update(visits).where(visits.c.clinic == clinic, visits.c.handle == handle)


def _visit_place(clinic: str, handle: str) -> Place:
    return Place(clinic, "visits.contents", (handle,))


def _launch_place(clinic: str, state_digest: str) -> Place:
    return Place(clinic, "launches.contents", (state_digest,))


def _seal_contents(seal: Seal, clinic: str, handle: str, contents: VisitContents) -> Sealed:
    value = asdict(contents)
    for name in _MOMENTS:
        value[name] = value[name] and value[name].isoformat()
    return seal.seal(_visit_place(clinic, handle), _as_json(value))


def _as_visit(seal: Seal, row: Row[Any]) -> Visit:
    value = json.loads(seal.open(_visit_place(row.clinic, row.handle), row.contents))
    columns = {name: getattr(row, name) for name in _VISIT_COLUMNS}
    return Visit(contents=_as_contents(value), **columns)


def _as_contents(value: dict[str, Any]) -> VisitContents:
    # While two versions of the service run side by side, one may write what the other does not know yet.
    known = {one.name: value[one.name] for one in fields(VisitContents) if one.name in value}
    for name, read in _MOMENTS.items():
        known[name] = read(known[name]) if known.get(name) else None
    return VisitContents(**known)


def _as_launch(seal: Seal, row: Row[Any]) -> PendingLaunch:
    contents = json.loads(seal.open(_launch_place(row.clinic, row.state_digest), row.contents))
    return PendingLaunch(contents=contents, **{name: getattr(row, name) for name in _LAUNCH_COLUMNS})


def _as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
