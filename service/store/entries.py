"""Questions about sent entries. Each takes the access context, and its predicates stand in the SQL (T7).

Others than the patient get what was sent, without the private answers; who may see no words gets nothing.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, tuple_

from service.access.context import AccessContext
from service.journal.entries import EntryStatus, EntryVersion
from service.journal.questions import Cursor, EntryQuery
from service.store.engine import Store
from service.store.entry_rows import as_version
from service.store.reach import SENT, sent_words
from service.store.tables import entries, entry_versions

_URN = "urn:uuid:"


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
    wanted = _newest(context).where(*_asked(query)).order_by(*_order(query)).limit(query.limit)
    if query.after is not None:
        wanted = wanted.where(_behind(query.after, query.oldest_first))
    return _all(store, context, wanted)


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
    wanted = select(func.count()).select_from(entries).where(*sent_words(context, entries), *_asked(query))
    with store.reader.connect() as connection:
        return int(connection.scalar(wanted) or 0)


def count_versions(
    store: Store,
    context: AccessContext,
    named: Iterable[Collection[tuple[str, int | None]]],
    patient_ids: Collection[str] | None = None,
    recorded_from: datetime | None = None,
    recorded_before: datetime | None = None,
) -> int:
    """How many versions there are of these patients, recorded from the one instant up to the other.

    Each of `named` must name the version: as an entry's id and a number, or as an id alone, for each of its versions.
    """
    column = entry_versions.c
    conditions = [
        *sent_words(context, entry_versions),
        *(or_(false(), *(_is_version(entry_id, number) for entry_id, number in one)) for one in named),
        *([column.patient_id.in_(patient_ids)] if patient_ids is not None else []),
        *([column.recorded_at >= recorded_from] if recorded_from is not None else []),
        *([column.recorded_at < recorded_before] if recorded_before is not None else []),
    ]
    with store.reader.connect() as connection:
        wanted = select(func.count()).select_from(entry_versions).where(*conditions)
        return int(connection.scalar(wanted) or 0)


def for_delivery(store: Store, clinic: str, entry_id: str, version: int) -> EntryVersion | None:
    """This version as the record system may have it: for the worker, who asks for any patient of the clinic."""
    wanted = select(entry_versions).where(
        entry_versions.c.clinic == clinic,
        entry_versions.c.entry_id == entry_id,
        entry_versions.c.version == version,
    )
    with store.reader.connect() as connection:
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
    with store.reader.connect() as connection:
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


def _is_version(entry_id: str, number: int | None) -> ColumnElement[bool]:
    this = entry_versions.c.entry_id == entry_id
    return this if number is None else and_(this, entry_versions.c.version == number)


def _asked(query: EntryQuery) -> list[ColumnElement[bool]]:
    column = entries.c
    conditions: tuple[tuple[Any, Callable[[Any], ColumnElement[bool]]], ...] = (
        (query.ids, column.id.in_),
        (query.patient_ids, column.patient_id.in_),
        (query.statuses, column.status.in_),
        (query.questionnaires, column.questionnaire.in_),
        (query.encounters, column.encounter_id.in_),
        (query.identifiers, _has_identifier),
        (query.authored_from, column.authored.__ge__),
        (query.authored_before, column.authored.__lt__),
    )
    return [say(value) for value, say in conditions if value is not None]


def _has_identifier(identifiers: Collection[str]) -> ColumnElement[bool]:
    return entries.c.key.in_([name.removeprefix(_URN) for name in identifiers if name.startswith(_URN)])


def _order(query: EntryQuery) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    # The id breaks ties, so that a page never ends between two entries of one instant.
    columns = (entries.c.authored, entries.c.id)
    return columns if query.oldest_first else (columns[0].desc(), columns[1].desc())


def _behind(cursor: Cursor, oldest_first: bool) -> ColumnElement[bool]:
    place = tuple_(entries.c.authored, entries.c.id)
    last = tuple_(cursor.authored, cursor.id, types=[entries.c.authored.type, entries.c.id.type])
    return place > last if oldest_first else place < last


def _one(store: Store, context: AccessContext, wanted: Select[Any]) -> EntryVersion | None:
    found = _all(store, context, wanted)
    return found[0] if found else None


def _all(store: Store, context: AccessContext, wanted: Select[Any]) -> list[EntryVersion]:
    with store.reader.connect() as connection:
        rows = connection.execute(wanted).all()
    return [as_version(store.seal, row, with_private=context.sees_drafts) for row in rows]
