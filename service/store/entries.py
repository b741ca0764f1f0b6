"""Questions about sent entries. Each takes the access context, and its predicates stand in the SQL (T7).

Others than the patient get what was sent and released, without the private answers; who may see no words gets nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select

from service.access.context import AccessContext
from service.journal.conditions import Among, Condition, Sort
from service.journal.entries import EntryStatus, EntryVersion
from service.journal.questions import EntryQuery
from service.store import conditions
from service.store.conditions import Columns
from service.store.engine import Store
from service.store.entry_rows import as_version
from service.store.reach import SENT, released_or, sent_words
from service.store.row_security import whole_clinic
from service.store.tables import entries, entry_versions

_NEWEST_FIRST = (Sort("authored", descending=True),)
# The newest version's own column beside those of the entry.
_FIELDS = {
    **{name: entries.c[name] for name in ("id", "key", "patient_id", "questionnaire", "encounter_id")},
    **{name: entries.c[name] for name in ("status", "authored")},
}
_NUMBER = cast(entry_versions.c.version, String)
_VERSION_FIELDS = {
    "id": entry_versions.c.entry_id + "." + _NUMBER,
    "entry_id": entry_versions.c.entry_id,
    "patient_id": entry_versions.c.patient_id,
    "recorded_at": entry_versions.c.recorded_at,
    "target": entry_versions.c.entry_id + "/_history/" + _NUMBER,
}


def by_id(store: Store, context: AccessContext, entry_id: str) -> EntryVersion | None:
    """The newest version of the entry with this FHIR id, or None."""
    return _one(store, context, _newest(context).where(entries.c.id == entry_id))


def by_key(store: Store, context: AccessContext, key: str) -> EntryVersion | None:
    """The newest version of the entry with this client's key, or None."""
    return _one(store, context, _newest(context).where(entries.c.key == key))


def version_of(store: Store, context: AccessContext, entry_id: str, version: int) -> EntryVersion | None:
    """This very version of the entry, or None."""
    return _one(store, context, _versions(context, entry_id).where(entry_versions.c.version == version))


def versions_of(store: Store, context: AccessContext, entry_id: str) -> list[EntryVersion]:
    """All versions of the entry, the newest first."""
    return _all(store, context, _versions(context, entry_id).order_by(entry_versions.c.version.desc()))


def newest_first(store: Store, context: AccessContext, limit: int = 50) -> list[EntryVersion]:
    """The newest versions of all entries within reach, those written last first."""
    return find(store, context, EntryQuery(limit=limit))


def find(store: Store, context: AccessContext, query: EntryQuery) -> list[EntryVersion]:
    """The newest versions of the entries that answer the query, one page of them."""
    order = query.order or _NEWEST_FIRST
    fields = _at_this_instant(_FIELDS, context)
    wanted = _newest(context).where(*_asked(query, fields)).order_by(*conditions.ordered(order, fields))
    if query.behind is not None:
        wanted = wanted.where(conditions.behind(order, query.behind, fields))
    return _all(store, context, wanted.limit(query.limit))


def unattached(store: Store, context: AccessContext) -> list[EntryVersion]:
    """The newest versions of what was sent without an infusion and not taken back as wrong, the oldest first."""
    wanted = _newest(context).where(
        entries.c.encounter_id.is_(None),
        entries.c.status.in_(SENT),
        entries.c.status != EntryStatus.ENTERED_IN_ERROR.value,
    )
    return _all(store, context, wanted.order_by(entries.c.authored, entries.c.id))


def count(store: Store, context: AccessContext, query: EntryQuery) -> int:
    """How many entries answer the query on all pages."""
    fields = _at_this_instant(_FIELDS, context)
    newest = _newest(context).where(*_asked(query, fields)).with_only_columns(func.count())
    with store.asking(context) as connection:
        return int(connection.scalar(newest) or 0)


def count_versions(store: Store, context: AccessContext, asked: Iterable[Condition]) -> int:
    """How many versions there are that meet the conditions.

    These are of "id" (as "entry.version"), "patient_id", "recorded_at", "changed_at", and "target" (an entry's id, or
    "id/_history/version").
    """
    fields = _at_this_instant(_VERSION_FIELDS, context)
    predicates = [*sent_words(context, entry_versions), *(_of_version(one, fields) for one in asked)]
    with store.asking(context) as connection:
        wanted = select(func.count()).select_from(entry_versions).where(*predicates)
        return int(connection.scalar(wanted) or 0)


def released_by(store: Store, clinic: str, at: datetime, limit: int) -> list[tuple[str, str]]:
    """The entries whose release has come and was not followed up yet, as pairs of entry and patient; for the worker."""
    wanted = select(entries.c.id, entries.c.patient_id).where(
        entries.c.clinic == clinic, entries.c.held_until <= at
    )
    with store.asking(whole_clinic(clinic)) as connection:
        rows = connection.execute(wanted.order_by(entries.c.held_until, entries.c.id).limit(limit)).all()
    return [(row.id, row.patient_id) for row in rows]


def for_delivery(store: Store, clinic: str, entry_id: str, version: int) -> EntryVersion | None:
    """This version as the record system may have it: for the worker, who asks for any patient of the clinic."""
    wanted = select(entry_versions).where(
        entry_versions.c.clinic == clinic,
        entry_versions.c.entry_id == entry_id,
        entry_versions.c.version == version,
    )
    with store.asking(whole_clinic(clinic)) as connection:
        row = connection.execute(wanted).one_or_none()
    return None if row is None else as_version(store.seal, row, with_private=False)


def whole(store: Store, clinic: str, entry_id: str) -> EntryVersion | None:
    """The newest version with every answer, private ones too: for the service itself, to make the next one from it."""
    newest = and_(
        entries.c.clinic == entry_versions.c.clinic,
        entries.c.id == entry_versions.c.entry_id,
        entries.c.version == entry_versions.c.version,
    )
    wanted = select(entry_versions).join(entries, newest)
    with store.asking(whole_clinic(clinic)) as connection:
        this = wanted.where(entries.c.clinic == clinic, entries.c.id == entry_id)
        row = connection.execute(this).one_or_none()
    return None if row is None else as_version(store.seal, row, with_private=True)


def _newest(context: AccessContext) -> Select[Any]:
    head_and_version = and_(
        entry_versions.c.clinic == entries.c.clinic,
        entry_versions.c.entry_id == entries.c.id,
        entry_versions.c.version == entries.c.version,
    )
    return select(entry_versions).join(entries, head_and_version).where(*sent_words(context, entries))


def _versions(context: AccessContext, entry_id: str) -> Select[Any]:
    return select(entry_versions).where(
        *sent_words(context, entry_versions), entry_versions.c.entry_id == entry_id
    )


def _at_this_instant(fields: Columns, context: AccessContext) -> Columns:
    """The fields, and when a version last changed for who asks, as `release.changed_at` says of one."""
    return {**fields, "changed_at": released_or(entry_versions, context.at)}


def _of_version(condition: Condition, fields: Columns) -> ColumnElement[bool]:
    said = conditions.said([condition], fields)
    if isinstance(condition, Among) and condition.field == "target":
        # Every version of an entry, where none is named.
        said += conditions.said([replace(condition, field="entry_id")], fields)
    return or_(*said)


def _asked(query: EntryQuery, fields: Columns) -> list[ColumnElement[bool]]:
    asked = conditions.said(query.conditions, fields)
    return asked if query.patient_ids is None else [entries.c.patient_id.in_(query.patient_ids), *asked]


def _one(store: Store, context: AccessContext, wanted: Select[Any]) -> EntryVersion | None:
    found = _all(store, context, wanted)
    return found[0] if found else None


def _all(store: Store, context: AccessContext, wanted: Select[Any]) -> list[EntryVersion]:
    with store.asking(context) as connection:
        rows = connection.execute(wanted).all()
    return [as_version(store.seal, row, with_private=context.sees_drafts) for row in rows]
