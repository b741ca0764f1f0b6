"""Which versions of entries show a document, as one SELECT with the reach in it; and its columns by their fields.

Apart from the questions (`store.documents`), because each of them is asked of these same rows.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, func, or_, select

from service.access.context import AccessContext
from service.journal.entries import EntryStatus, FilingKind, Link
from service.store.reach import SENT, own_rows, sent_words
from service.store.tables import entries, entry_versions, filings, summaries

# The version of the entry that is shown, and the one that its document was rendered from.
SHOWN = entry_versions
_told = entry_versions.alias("told")


def _newest_rendered(up_to: Any) -> Any:
    """The newest version of the shown entry, up to this one, that a document was rendered from."""
    rendered, kept = filings.alias("rendered"), summaries.alias("kept")
    there = and_(kept.c.clinic == rendered.c.clinic, kept.c.filing_id == rendered.c.id)
    return (
        select(func.max(rendered.c.entry_version))
        .select_from(rendered.join(kept, there))
        .where(rendered.c.clinic == SHOWN.c.clinic, rendered.c.entry_id == SHOWN.c.entry_id)
        .where(rendered.c.entry_version <= up_to, rendered.c.kind != FilingKind.COURSE.value)
        .correlate(SHOWN, _told)
        .scalar_subquery()
    )


def _owes(version: Any) -> ColumnElement[bool]:
    """Whether this version of an entry ever owed a document."""
    owed = filings.alias("owed")
    return exists().where(
        owed.c.clinic == version.c.clinic,
        owed.c.entry_id == version.c.entry_id,
        owed.c.entry_version == version.c.version,
        owed.c.kind == FilingKind.SUMMARY.value,
    )


def _has_document(version: Any) -> ColumnElement[bool]:
    made, kept = filings.alias("made"), summaries.alias("made_pdf")
    return exists().where(
        made.c.clinic == version.c.clinic,
        made.c.entry_id == version.c.entry_id,
        made.c.entry_version == version.c.version,
        made.c.kind != FilingKind.COURSE.value,
        kept.c.clinic == made.c.clinic,
        kept.c.filing_id == made.c.id,
    )


def _is_followed() -> ColumnElement[bool]:
    """Whether a later version shows something else."""
    later = entry_versions.alias("later")
    return exists().where(
        later.c.clinic == SHOWN.c.clinic,
        later.c.entry_id == SHOWN.c.entry_id,
        later.c.version > SHOWN.c.version,
        or_(_has_document(later), ~_owes(later)),
    )


def _later(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The later of two instants; the first where the other one is unknown."""
    return case((other > one, other), else_=one)


# A document is made after its version was released, and is asked for by who looks for what is new: so what became of
# filing it counts as well.
_CHANGED_AT = _later(_later(SHOWN.c.recorded_at, SHOWN.c.held_until), filings.c.settled_at)
_REPLACES = _newest_rendered(_told.c.version - 1)
_STATUS = case(
    (entries.c.status == EntryStatus.ENTERED_IN_ERROR.value, "entered-in-error"),
    (or_(_told.c.version != SHOWN.c.version, _is_followed()), "superseded"),
    else_="current",
)
FIELDS: dict[str, ColumnElement[Any]] = {
    "id": SHOWN.c.entry_id,
    "patient_id": SHOWN.c.patient_id,
    "encounter_id": _told.c.encounter_id,
    "status": _STATUS,
    "date": _told.c.recorded_at,
    "changed_at": _CHANGED_AT,
}
IDENTIFIERS = {"identifier": filings.c.version_identifier, "key": SHOWN.c.key}
REPLACED = {
    "replaces": SHOWN.c.entry_id + "/_history/" + cast(_REPLACES, String),
    "any": case((_REPLACES.is_not(None), SHOWN.c.entry_id)),
}
began: ColumnElement[Any] = _told.c.infusion_start
ended: ColumnElement[Any] = _told.c.infusion_end


def versions(context: AccessContext) -> Select[Any]:
    """Every version within reach that shows a document, with what is told of the version that this was made from."""
    head = and_(entries.c.clinic == SHOWN.c.clinic, entries.c.id == SHOWN.c.entry_id)
    filed = and_(
        filings.c.clinic == SHOWN.c.clinic,
        filings.c.entry_id == SHOWN.c.entry_id,
        filings.c.patient_id == SHOWN.c.patient_id,
        filings.c.entry_version == _newest_rendered(SHOWN.c.version),
        filings.c.kind == FilingKind.SUMMARY.value,
    )
    kept = and_(summaries.c.clinic == filings.c.clinic, summaries.c.filing_id == filings.c.id)
    told = and_(
        _told.c.clinic == filings.c.clinic,
        _told.c.entry_id == filings.c.entry_id,
        _told.c.version == filings.c.entry_version,
        _told.c.status.in_(SENT),
    )
    return (
        select(
            SHOWN.c.clinic,
            SHOWN.c.entry_id,
            SHOWN.c.key,
            SHOWN.c.patient_id,
            SHOWN.c.version,
            _CHANGED_AT.label("changed_at"),
            *(_told.c[name] for name in ("language", "recorded_at", *Link.__dataclass_fields__)),
            _told.c.version.label("told_in"),
            _STATUS.label("document_status"),
            _REPLACES.label("replaces"),
            filings.c.version_identifier,
            summaries.c.filing_id,
            summaries.c.sha256,
            summaries.c.media_type,
        )
        .select_from(SHOWN.join(entries, head).join(filings, filed).join(summaries, kept).join(_told, told))
        .where(*sent_words(context, SHOWN), *own_rows(context, filings), SHOWN.c.status.in_(SENT))
        .where(or_(_told.c.version == SHOWN.c.version, ~_owes(SHOWN)))
    )


def newest(context: AccessContext) -> Select[Any]:
    """The newest of them of each entry."""
    return versions(context).where(~_is_followed())
