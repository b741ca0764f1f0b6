"""How far we know each patient's course: its revision, when the record system was asked, and which looks are owed.

The revision counts every change of what assigned sets rest on (encounters and episodes seen, rulings, merged records)
and of those sets themselves, so that two processes never decide on the same facts twice.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, text, update

from service.access.context import AccessContext
from service.journal.series import EpisodeSeen
from service.store.course_tables import courses
from service.store.engine import Store
from service.store.reach import own_rows
from service.store.row_security import whole_clinic

# There may be no row to lock yet: the patient's own lock lets one process after the other.
_LOCK_PATIENT = text("SELECT pg_advisory_xact_lock(hashtextextended(:clinic || chr(31) || :patient_id, 0))")
_BEGIN_COURSE = text(
    "INSERT INTO courses (clinic, patient_id, revision) VALUES (:clinic, :patient_id, 0) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class CourseRow:
    """Where a patient's course stands. `looked_at` is None for somebody the record system was never asked about.

    `open_items` is how many things waited for a clinician when the course was last brought up to date.
    """

    revision: int
    looked_at: datetime | None
    etag: str | None
    open_items: int = 0


# --- questions -------------------------------------------------------------------------------------------------


def course_row(store: Store, context: AccessContext, patient_id: str) -> CourseRow | None:
    """Where this patient's course stands; None where nothing is known of them, and out of reach."""
    wanted = select(courses.c.revision, courses.c.looked_at, courses.c.etag, courses.c.open_items)
    with store.asking(context) as connection:
        row = connection.execute(wanted.where(*_within_reach(context, patient_id))).one_or_none()
    return None if row is None else CourseRow(*row)


def episodes_of(store: Store, context: AccessContext, patient_id: str) -> tuple[EpisodeSeen, ...]:
    """What was last seen of this patient's episodes of care, by id; none for a patient out of reach."""
    wanted = select(courses.c.episodes).where(*_within_reach(context, patient_id))
    with store.asking(context) as connection:
        facts = connection.scalar(wanted)
    return () if facts is None else tuple(_as_episode(value) for value in json.loads(facts))


def looks_due(store: Store, clinic: str, now: datetime, limit: int) -> tuple[str, ...]:
    """The ids of patients whose encounters are to be read anew by now, who waited longest first; for the worker."""
    due = courses.c.look_due <= now
    return _patients(store, clinic, due, order=courses.c.look_due, limit=limit)


def with_open_items(store: Store, clinic: str, limit: int) -> tuple[str, ...]:
    """The ids of patients about whom something waits for a clinician, in order; for who may ask over patients."""
    return _patients(store, clinic, courses.c.open_items > 0, order=courses.c.patient_id, limit=limit)


def known_patients(
    store: Store, clinic: str, looked_before: datetime, limit: int | None = None
) -> tuple[str, ...]:
    """The ids of patients who were not looked at since, those never looked at first; for the worker.

    Whoever is owed a look already is not among them: looks that keep failing leave room for others.
    """
    unseen = or_(courses.c.looked_at.is_(None), courses.c.looked_at < looked_before)
    stale = and_(unseen, courses.c.look_due.is_(None))
    order = courses.c.looked_at.asc().nulls_first()
    return _patients(store, clinic, stale, order=order, limit=limit)


# --- inside the writer's transaction ---------------------------------------------------------------------------


def lock_patient(connection: Connection, clinic: str, patient_id: str) -> None:
    """Keep other processes from deciding about this patient until the commit; SQLite's writer does so anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_PATIENT, {"clinic": clinic, "patient_id": patient_id})


def locked_revision(connection: Connection, clinic: str, patient_id: str) -> int:
    """The revision of this patient's course, which stays so until the commit; 0 where nothing is known."""
    lock_patient(connection, clinic, patient_id)
    wanted = select(courses.c.revision).where(*_this(clinic, patient_id))
    return int(connection.scalar(wanted) or 0)


def move_on(connection: Connection, clinic: str, patient_id: str) -> None:
    """The course is a revision on."""
    _set(connection, clinic, patient_id, revision=courses.c.revision + 1)


def keep_episodes(
    connection: Connection, clinic: str, patient_id: str, episodes: Iterable[EpisodeSeen], etag: str | None
) -> None:
    """Put what was seen now in place of what was seen before. ValueError for another patient's episode."""
    seen = sorted(episodes, key=lambda one: one.id)
    if any(one.patient_id != patient_id for one in seen):
        raise ValueError("an episode of another patient")
    facts = json.dumps([asdict(one) for one in seen], default=datetime.isoformat, ensure_ascii=False)
    _set(connection, clinic, patient_id, episodes=facts, etag=etag)


def note_look(
    connection: Connection, clinic: str, patient_id: str, looked_at: datetime, began: datetime | None
) -> None:
    """The record system was asked; what was owed when that began is paid (None: nothing is)."""
    _set(connection, clinic, patient_id, looked_at=looked_at)
    if began is not None:
        paid = (*_this(clinic, patient_id), courses.c.look_due <= began)
        connection.execute(update(courses).where(*paid).values(look_due=None))


def note_open_items(connection: Connection, clinic: str, patient_id: str, count: int) -> None:
    """So many things wait for a clinician."""
    _set(connection, clinic, patient_id, open_items=count)


def postpone_look(connection: Connection, clinic: str, patient_id: str, due_at: datetime) -> None:
    """The look that is owed is made no earlier than this."""
    owed = (*_this(clinic, patient_id), courses.c.look_due < due_at)
    connection.execute(update(courses).where(*owed).values(look_due=due_at))


def owe_look(connection: Connection, clinic: str, patient_id: str, due_at: datetime) -> None:
    """Owe a look from this instant on; one that is owed earlier stays."""
    _begin(connection, clinic, patient_id)
    later = or_(courses.c.look_due.is_(None), courses.c.look_due > due_at)
    connection.execute(update(courses).where(*_this(clinic, patient_id), later).values(look_due=due_at))


# --- how -------------------------------------------------------------------------------------------------------


def _begin(connection: Connection, clinic: str, patient_id: str) -> None:
    lock_patient(connection, clinic, patient_id)
    connection.execute(_BEGIN_COURSE, {"clinic": clinic, "patient_id": patient_id})


def _set(connection: Connection, clinic: str, patient_id: str, **values: object) -> None:
    _begin(connection, clinic, patient_id)
    connection.execute(update(courses).where(*_this(clinic, patient_id)).values(**values))


def _this(clinic: str, patient_id: str) -> tuple[ColumnElement[bool], ...]:
    return courses.c.clinic == clinic, courses.c.patient_id == patient_id


def _within_reach(context: AccessContext, patient_id: str) -> list[ColumnElement[bool]]:
    return [*own_rows(context, courses), courses.c.patient_id == patient_id]


def _patients(
    store: Store, clinic: str, condition: ColumnElement[bool], *, order: ColumnElement[Any], limit: int | None
) -> tuple[str, ...]:
    wanted = select(courses.c.patient_id).where(courses.c.clinic == clinic, condition)
    with store.asking(whole_clinic(clinic)) as connection:
        return tuple(connection.scalars(wanted.order_by(order, courses.c.patient_id).limit(limit)))


def _as_episode(value: dict[str, Any]) -> EpisodeSeen:
    for name in ("start", "end"):
        value[name] = datetime.fromisoformat(value[name]) if value[name] else None
    return EpisodeSeen(**{name: value[name] for name in EpisodeSeen.__dataclass_fields__ if name in value})
