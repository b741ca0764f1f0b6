"""Questions about summaries as documents: what was rendered for filing, read as versions of one document per entry.

A version of an entry shows its own document. One that owes none (nothing left to share, or entered in error) shows the
newest document before it, which no longer stands; one whose document is still to be made shows nothing yet. Reach and
conditions stand in the SQL (T1 to T7); words stay sealed until a document is opened.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, or_, select

from service.access.context import AccessContext
from service.journal.conditions import Among, Comparison, Condition, During, Lacks, Place, Sort
from service.journal.entries import Link
from service.store import conditions, sealing
from service.store.document_rows import FIELDS, IDENTIFIERS, REPLACED, SHOWN, began, ended, newest, versions
from service.store.engine import Store
from service.store.tables import summaries
from service.store.words import as_link

_URN = "urn:uuid:"


@dataclass(frozen=True, slots=True)
class Document:
    """One version of an entry's document: `version` is the entry's, `told_in` the one that the bytes were made from.

    `pdf` are the bytes, in the form that `media_type` names. `status` is a code of R4 document-reference-status.
    `replaces` is the version with the document before this one; `changed_at` when `version` was made, released or
    filed, `recorded_at` when `told_in` was made.
    """

    entry_id: str
    key: str
    patient_id: str
    version: int
    told_in: int
    status: str
    version_identifier: str
    link: Link
    language: str
    changed_at: datetime
    recorded_at: datetime
    replaces: int | None
    sha256: str
    pdf: bytes = field(repr=False)
    media_type: str = "application/pdf"


def of_entry(store: Store, context: AccessContext, entry_id: str) -> Document | None:
    """The newest version of this entry's document within reach, or None."""
    found = _read(store, context, newest(context).where(SHOWN.c.entry_id == entry_id))
    return found[0] if found else None


def version_of(store: Store, context: AccessContext, entry_id: str, version: int) -> Document | None:
    """The document as this version of the entry shows it, or None."""
    this = versions(context).where(SHOWN.c.entry_id == entry_id, SHOWN.c.version == version)
    found = _read(store, context, this)
    return found[0] if found else None


def rendered_from(store: Store, context: AccessContext, entry_id: str, version: int) -> Document | None:
    """The document that was made from this very version of the entry, or None."""
    found = version_of(store, context, entry_id, version)
    return found if found is not None and found.told_in == version else None


def versions_of(store: Store, context: AccessContext, entry_id: str) -> list[Document]:
    """Every version of this entry's document, the newest first."""
    wanted = versions(context).where(SHOWN.c.entry_id == entry_id)
    return _read(store, context, wanted.order_by(SHOWN.c.version.desc()))


def find(
    store: Store,
    context: AccessContext,
    asked: Iterable[Condition],
    order: Sequence[Sort],
    behind: Place | None,
    limit: int,
) -> list[Document]:
    """The newest versions of the documents that meet the conditions, from behind the place on.

    Orders are of "status", "date" and "changed_at"; conditions also of "id", "patient_id", "encounter_id",
    "identifier" (URIs), "period", and "replaces" (an entry's id, or "id/_history/version").
    """
    wanted = newest(context).where(*map(_said, asked)).order_by(*conditions.ordered(order, FIELDS))
    if behind is not None:
        wanted = wanted.where(conditions.behind(order, behind, FIELDS))
    return _read(store, context, wanted.limit(limit))


def count(store: Store, context: AccessContext, asked: Iterable[Condition]) -> int:
    """How many documents meet the conditions on all pages."""
    wanted = newest(context).where(*map(_said, asked)).with_only_columns(func.count())
    with store.asking(context) as connection:
        return int(connection.scalar(wanted) or 0)


# --- what a search asks ------------------------------------------------------------------------------------------


def _said(condition: Condition) -> ColumnElement[bool]:
    if condition.field == "identifier":
        return _of_any(condition, IDENTIFIERS)
    if condition.field == "replaces":
        return _of_any(condition, REPLACED)
    if condition.field == "period":
        return _in_period(condition)
    return conditions.said([condition], FIELDS)[0]


def _of_any(condition: Condition, columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    """A condition on what stands in several columns: one of them meets it, or none does where it denies."""
    each = conditions.said([replace(_spelt(condition, name), field=name) for name in columns], columns)
    denies = isinstance(condition, Among) and condition.negated
    none_there = isinstance(condition, Lacks) and not condition.negated
    return and_(*each) if denies or none_there else or_(*each)


def _spelt(condition: Condition, column: str) -> Condition:
    """The condition with its URIs as the column keeps them: an entry's key stands there as a bare UUID."""
    if column != "key" or not isinstance(condition, Among):
        return condition
    keys = frozenset(one.removeprefix(_URN) for one in condition.values if one.startswith(_URN))
    return replace(condition, values=keys)


def _in_period(condition: Condition) -> ColumnElement[bool]:
    """A condition on the infusion's time, as `Comparison.holds` says of a period."""
    known = or_(began.is_not(None), ended.is_not(None))
    match condition:
        case Lacks(negated=negated):
            return known if negated else ~known
        case During(comparisons=comparisons):
            return and_(known, or_(*(_compared(one) for one in comparisons)))
        case _:
            return false()


def _compared(one: Comparison) -> ColumnElement[bool]:
    within = and_(began.is_not(None), began >= one.begins, _ends_by(one.ends))
    above = or_(ended.is_(None), ended > one.ends, and_(ended == one.ends, began == one.ends))
    below = or_(began.is_(None), began < one.begins)
    overlaps = and_(
        or_(began.is_(None), began < one.ends),
        or_(ended.is_(None), ended > one.begins, and_(ended == one.begins, began == one.begins)),
    )
    by_prefix: dict[str, ColumnElement[bool]] = {
        "eq": within,
        "ne": ~within,
        "gt": above,
        "lt": below,
        "ge": or_(above, within),
        "le": or_(below, within),
        "sa": and_(began.is_not(None), began >= one.ends),
        "eb": _ends_by(one.begins),
        "ap": overlaps,
    }
    return by_prefix[one.prefix]


def _ends_by(limit: datetime) -> ColumnElement[bool]:
    """An instant takes no time: at the very limit it lies behind it."""
    at_limit = and_(ended == limit, or_(began.is_(None), began != ended))
    return and_(ended.is_not(None), or_(ended < limit, at_limit))


# --- rows as values ----------------------------------------------------------------------------------------------


def _read(store: Store, context: AccessContext, wanted: Select[Any]) -> list[Document]:
    """The rows as documents. Their bytes are asked for by themselves: no database sorts a clinic's files for a page."""
    with store.asking(context) as connection:
        rows: Sequence[Row[Any]] = connection.execute(wanted).all()
        these = (
            summaries.c.clinic == context.clinic,
            summaries.c.filing_id.in_([row.filing_id for row in rows]),
        )
        files = select(summaries.c.clinic, summaries.c.filing_id, summaries.c.pdf).where(*these)
        sealed = {(one.clinic, one.filing_id): one.pdf for one in connection.execute(files)} if rows else {}
    return [_as_document(store, row, sealed[row.clinic, row.filing_id]) for row in rows]


def _as_document(store: Store, row: Row[Any], pdf: sealing.Sealed) -> Document:
    place = sealing.Place(row.clinic, "summaries.pdf", (row.filing_id, row.sha256))
    return Document(
        entry_id=row.entry_id,
        key=row.key,
        patient_id=row.patient_id,
        version=row.version,
        told_in=row.told_in,
        status=row.document_status,
        version_identifier=row.version_identifier,
        link=as_link(row),
        language=row.language,
        changed_at=row.changed_at,
        recorded_at=row.recorded_at,
        replaces=row.replaces,
        sha256=row.sha256,
        pdf=store.seal.open(place, pdf),
        media_type=row.media_type,
    )
