"""The encounters of a patient as the record system last showed them; the rules over them are journal.infusions."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, tuple_

from service.access.context import AccessContext
from service.journal.conditions import Condition
from service.journal.match import Coding, EncounterSeen, Proof
from service.store import conditions
from service.store.engine import Store
from service.store.reach import own_rows
from service.store.tables import seen_encounters


def encounters_of(store: Store, context: AccessContext, patient_id: str) -> tuple[EncounterSeen, ...]:
    """What was last seen of this patient's encounters, by id; none for a patient out of reach."""
    wanted = (
        select(seen_encounters.c.facts)
        .where(*own_rows(context, seen_encounters), seen_encounters.c.patient_id == patient_id)
        .order_by(seen_encounters.c.id)
    )
    with store.asking(context) as connection:
        return tuple(_as_encounter(facts) for facts in connection.scalars(wanted))


@dataclass(frozen=True, slots=True)
class SeenEncounter:
    """A visit, and when it was last seen so."""

    encounter: EncounterSeen
    seen_at: datetime


def find(
    store: Store,
    context: AccessContext,
    asked: Iterable[Condition] = (),
    *,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[SeenEncounter]:
    """The visits that meet conditions of "id" and "patient_id", by these; `after` goes on behind such a pair."""
    column = seen_encounters.c
    predicates = _asked(context, asked)
    if after is not None:
        predicates.append(tuple_(column.patient_id, column.id) > tuple_(*after))
    wanted = select(column.facts, column.seen_at).where(*predicates).order_by(column.patient_id, column.id)
    with store.asking(context) as connection:
        rows = connection.execute(wanted.limit(limit)).all()
    return [SeenEncounter(_as_encounter(row.facts), row.seen_at) for row in rows]


def count(store: Store, context: AccessContext, asked: Iterable[Condition] = ()) -> int:
    """How many visits meet these conditions."""
    wanted = select(func.count()).select_from(seen_encounters).where(*_asked(context, asked))
    with store.asking(context) as connection:
        return int(connection.scalar(wanted) or 0)


def _asked(context: AccessContext, asked: Iterable[Condition]) -> list[ColumnElement[bool]]:
    fields = {name: seen_encounters.c[name] for name in ("id", "patient_id")}
    return own_rows(context, seen_encounters) + conditions.said(asked, fields)


def remember(
    connection: Connection,
    clinic: str,
    patient_id: str,
    encounters: Iterable[EncounterSeen],
    seen_at: datetime,
) -> None:
    """Put what was seen now in place of what was seen before. ValueError for another patient's encounter."""
    rows = [_as_row(clinic, patient_id, encounter, seen_at) for encounter in encounters]
    of_patient = (seen_encounters.c.clinic == clinic, seen_encounters.c.patient_id == patient_id)
    connection.execute(delete(seen_encounters).where(*of_patient))
    if rows:
        connection.execute(insert(seen_encounters), rows)


def _as_row(clinic: str, patient_id: str, encounter: EncounterSeen, seen_at: datetime) -> dict[str, object]:
    if encounter.patient_id != patient_id:
        raise ValueError("an encounter of another patient")
    return {
        "clinic": clinic,
        "patient_id": patient_id,
        "id": encounter.id,
        "facts": json.dumps(asdict(encounter), default=_moment, ensure_ascii=False),
        "seen_at": seen_at,
    }


def _moment(value: object) -> str:
    if isinstance(value, date):  # a datetime is a date as well
        return value.isoformat()
    raise TypeError("an encounter holds texts, codings and moments")


def _as_encounter(facts: str) -> EncounterSeen:
    value: dict[str, Any] = json.loads(facts)
    for name in ("types", "service_types", "reasons"):
        value[name] = tuple(Coding(**coding) for coding in value[name])
    for name in ("locations", "appointments", "episodes"):
        value[name] = tuple(value[name])
    for name in ("start", "end"):
        value[name] = datetime.fromisoformat(value[name]) if value[name] else None
    value["start_day"] = date.fromisoformat(value["start_day"]) if value["start_day"] else None
    value["class_"] = Coding(**value["class_"]) if value["class_"] else None
    # What version 0.1.0 remembered names neither of these.
    value["appointment_types"] = tuple(Coding(**coding) for coding in value.get("appointment_types", ()))
    value["proofs"] = tuple(_as_proof(proof) for proof in value.get("proofs", ()))
    return EncounterSeen(
        **{name: value[name] for name in EncounterSeen.__dataclass_fields__ if name in value}
    )


def _as_proof(value: dict[str, Any]) -> Proof:
    codes = tuple(Coding(**coding) for coding in value["codes"])
    return Proof(value["kind"], value["id"], value["status"], codes)
