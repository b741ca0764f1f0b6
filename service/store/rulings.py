"""What people decided about patients' visits and entries, as it was said; which rulings stand is journal.rulings."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from service.access.context import AccessContext
from service.journal.rulings import Reason, Ruling, RulingKind
from service.store.course_tables import rulings
from service.store.engine import Store
from service.store.reach import own_rows


def rulings_of(store: Store, context: AccessContext, patient_ids: Collection[str]) -> tuple[Ruling, ...]:
    """Every ruling about these patients, in the order in which they were said; none for patients out of reach."""
    wanted = (
        select(rulings)
        .where(*own_rows(context, rulings), rulings.c.patient_id.in_(sorted(patient_ids)))
        .order_by(rulings.c.said_at, rulings.c.id)
    )
    with store.asking(context) as connection:
        return tuple(_as_ruling(row) for row in connection.execute(wanted))


def save(connection: Connection, clinic: str, new: Ruling) -> None:
    """Keep the ruling; a second one with its id is refused by its key."""
    connection.execute(
        insert(rulings).values(
            clinic=clinic,
            id=new.id,
            patient_id=new.patient_id,
            kind=new.kind.value,
            said_by=new.said_by,
            said_at=new.said_at,
            why=new.why.value,
            encounter_ids=json.dumps(new.encounter_ids),
            beside=json.dumps(new.beside),
            at=new.at,
            set_url=new.set_url,
            entry_id=new.entry_id,
            about=new.about,
        )
    )


def _as_ruling(row: Row[Any]) -> Ruling:
    return Ruling(
        id=row.id,
        patient_id=row.patient_id,
        kind=RulingKind(row.kind),
        said_by=row.said_by,
        said_at=row.said_at,
        why=Reason(row.why),
        encounter_ids=tuple(json.loads(row.encounter_ids)),
        beside=tuple(json.loads(row.beside)),
        at=row.at,
        set_url=row.set_url,
        entry_id=row.entry_id,
        about=row.about,
    )
