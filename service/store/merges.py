"""Patients whose record goes on under another id, as the record system confirmed it."""

from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, delete, select, text

from service.store.columns import Instant
from service.store.course_tables import merges
from service.store.engine import Store
from service.store.row_security import whole_clinic

# In one statement: another process may be dropping the merge that is there.
_KEEP = text(
    """
    INSERT INTO merges (clinic, old_id, new_id, confirmed_at) VALUES (:clinic, :old_id, :new_id, :at)
    ON CONFLICT (clinic, old_id) DO UPDATE SET new_id = excluded.new_id, confirmed_at = excluded.confirmed_at
    """
).bindparams(bindparam("at", type_=Instant))


def merged_into(
    store: Store, clinic: str, new_id: str, confirmed_from: datetime | None = None
) -> tuple[str, ...]:
    """The ids whose records go on under this one, over any number of merges, in order; for whoever may ask for it.

    With `confirmed_from` only merges that the record system confirmed at that instant or later.
    """
    with store.asking(whole_clinic(clinic)) as connection:
        return behind(connection, clinic, new_id, confirmed_from)


def directly_into(store: Store, clinic: str, new_id: str) -> tuple[str, ...]:
    """The ids that were merged into this one itself, in order."""
    into = (merges.c.clinic == clinic, merges.c.new_id == new_id)
    with store.asking(whole_clinic(clinic)) as connection:
        return tuple(connection.scalars(select(merges.c.old_id).where(*into).order_by(merges.c.old_id)))


def survivor(store: Store, clinic: str, old_id: str) -> str | None:
    """The id under which this record goes on, over any number of merges; None where it was never merged.

    ValueError where the merges go in a circle.
    """
    with store.asking(whole_clinic(clinic)) as connection:
        ahead = before(connection, clinic, old_id)
    if old_id in ahead or len(set(ahead)) < len(ahead):
        raise ValueError("merges in a circle")
    return ahead[-1] if ahead else None


def behind(
    connection: Connection, clinic: str, new_id: str, confirmed_from: datetime | None = None
) -> tuple[str, ...]:
    """What `merged_into` says, on this connection."""
    found: set[str] = set()
    newest = {new_id}
    while newest:
        into = [merges.c.clinic == clinic, merges.c.new_id.in_(sorted(newest))]
        if confirmed_from is not None:
            into.append(merges.c.confirmed_at >= confirmed_from)
        newest = set(connection.scalars(select(merges.c.old_id).where(*into))) - found - {new_id}
        found |= newest
    return tuple(sorted(found))


def before(connection: Connection, clinic: str, old_id: str) -> tuple[str, ...]:
    """The ids under which this record goes on, merge after merge; where they go in a circle it ends with a known id."""
    passed = [old_id]
    while (into := connection.scalar(_of(clinic, passed[-1]))) is not None:
        passed.append(into)
        if into in passed[:-1]:
            break
    return tuple(passed[1:])


def keep(connection: Connection, clinic: str, old_id: str, new_id: str, at: datetime) -> None:
    """Keep that the record goes on under the new id; what was kept about the old id before is replaced."""
    connection.execute(_KEEP, {"clinic": clinic, "old_id": old_id, "new_id": new_id, "at": at})


def drop(connection: Connection, clinic: str, old_id: str) -> None:
    """The record stands for itself again."""
    connection.execute(delete(merges).where(merges.c.clinic == clinic, merges.c.old_id == old_id))


def _of(clinic: str, old_id: str) -> Select[str]:
    return select(merges.c.new_id).where(merges.c.clinic == clinic, merges.c.old_id == old_id)
