"""Words that came in a form after the visit had ended, held for its patient until they sign in again (rule 14).

Apart from the drafts: nothing here is part of an entry until the patient has chosen. And apart from the visits: of one
that ran out, only whose it was is kept for a while, without its tokens and names, so that those words find their owner.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    Row,
    RowMapping,
    String,
    Table,
    delete,
    insert,
    select,
)

from service.access.context import AccessContext
from service.journal.entries import Answer
from service.store.columns import Instant
from service.store.engine import Store
from service.store.reach import own_words
from service.store.row_security import known_by
from service.store.sealing import Place, Seal, SealedColumn
from service.store.tables import metadata, visits
from service.store.words import opened_answers, sealed_answers

KEPT_FOR = timedelta(hours=24)

ended_visits = Table(
    "ended_visits",
    metadata,
    Column("handle", String, primary_key=True),
    Column("secret_digest", String, nullable=False),
    Column("clinic", String, nullable=False),
    Column("patient_id", String, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_ended_visits_expires_at", "expires_at"),
)

held_words = Table(
    "held_words",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("patient_id", String, nullable=False),
    Column("key", String, nullable=False),  # the draft's
    Column("revision", Integer, nullable=False),
    Column("answers", SealedColumn, nullable=False),
    Column("held_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_held_words_patient", "clinic", "patient_id", "key"),
    Index("ix_held_words_expires_at", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class EndedVisit:
    """A patient's visit that ran out; `expires_at` is when nobody remembers it any more."""

    handle: str
    secret_digest: str
    clinic: str
    patient_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HeldWords:
    """What one form said. `key` is the draft's, `revision` the one that the words were written on."""

    id: str
    patient_id: str
    key: str
    revision: int
    answers: tuple[Answer, ...] = field(repr=False)
    held_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HoldWords:
    """Hold these words for their patient."""

    words: HeldWords


@dataclass(frozen=True, slots=True)
class DropHeldWords:
    """The patient has chosen what becomes of these: they are held no longer."""

    patient_id: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndVisit:
    """The visit ran out at this instant: it goes with its tokens, and whose it was is kept for a while."""

    handle: str
    at: datetime


_OF_VISIT = ("handle", "secret_digest", "clinic", "patient_id")

HeldChange = HoldWords | DropHeldWords | EndVisit


def ended_visit(store: Store, handle: str) -> EndedVisit | None:
    """Whose visit this was, for a day after it ran out; None for any other, and once somebody signed out."""
    wanted = select(ended_visits).where(ended_visits.c.handle == handle)
    with store.asking(known_by(handle)) as connection:
        row = connection.execute(wanted).one_or_none()
    return None if row is None else EndedVisit(*row)


def held_of(store: Store, context: AccessContext, at: datetime) -> list[HeldWords]:
    """All that is held for the patient who asks at this instant, the oldest first; for anybody else nothing."""
    still = held_words.c.expires_at > at
    wanted = select(held_words).where(*own_words(context, held_words), still)
    with store.asking(context) as connection:
        rows = connection.execute(wanted.order_by(held_words.c.held_at, held_words.c.id)).all()
    return [_as_words(store.seal, row) for row in rows]


def apply(connection: Connection, seal: Seal, clinic: str, change: HeldChange) -> None:
    """Make this change."""
    match change:
        case HoldWords(words):
            connection.execute(insert(held_words), _as_row(seal, clinic, words))
        case DropHeldWords(patient_id, ids):
            _drop(connection, clinic, patient_id, ids)
        case EndVisit(handle, at):
            end_visits(connection, at, (visits.c.clinic == clinic, visits.c.handle == handle))


def end_visits(connection: Connection, at: datetime, which: Collection[Any]) -> int:
    """These visits go with all they held; of patients' own, whose they were is noted. How many they were."""
    known = [visits.c[name] for name in (*_OF_VISIT, "kind", "expires_at")]
    gone = connection.execute(delete(visits).where(*which).returning(*known)).mappings().all()
    rows = [_ended(row, at) for row in gone if row["kind"] == "patient"]
    if rows:
        connection.execute(insert(ended_visits), rows)
    return len(gone)


def _ended(visit: RowMapping, at: datetime) -> dict[str, Any]:
    # A day from when it ran out, however late somebody cleared it away.
    until = min(at, visit["expires_at"]) + KEPT_FOR
    return {name: visit[name] for name in _OF_VISIT} | {"expires_at": until}


def _drop(connection: Connection, clinic: str, patient_id: str, ids: tuple[str, ...]) -> None:
    these = (held_words.c.patient_id == patient_id, held_words.c.id.in_(ids))
    connection.execute(delete(held_words).where(held_words.c.clinic == clinic, *these))


def _place(clinic: str, words_id: str, patient_id: str, key: str) -> Place:
    return Place(clinic, "held_words.answers", (patient_id, key, words_id))


def _as_row(seal: Seal, clinic: str, words: HeldWords) -> dict[str, object]:
    place = _place(clinic, words.id, words.patient_id, words.key)
    return {
        "clinic": clinic,
        "id": words.id,
        "patient_id": words.patient_id,
        "key": words.key,
        "revision": words.revision,
        "answers": sealed_answers(seal, place, words.answers),
        "held_at": words.held_at,
        "expires_at": words.expires_at,
    }


def _as_words(seal: Seal, row: Row[Any]) -> HeldWords:
    place = _place(row.clinic, row.id, row.patient_id, row.key)
    answers = opened_answers(seal, place, row.answers)
    return HeldWords(row.id, row.patient_id, row.key, row.revision, answers, row.held_at, row.expires_at)
