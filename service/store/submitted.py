"""Every entry of a clinic with its versions and the filings of their summaries, page by page: for the comparison alone.

Identifiers and states, no words.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, or_, select

from service.journal.entries import EntryStatus, FilingKind
from service.journal.reconciling import Submitted, SubmittedEntry
from service.store import filings as owed
from service.store import merges
from service.store.engine import Store
from service.store.row_security import whole_clinic
from service.store.tables import entries, entry_versions, filings

_PAGE = 200


def submitted_entries(store: Store, clinic: str, at: datetime) -> Iterator[SubmittedEntry]:
    """Every entry of the clinic that is released at this instant (rule 15), in the order of its id; page by page."""
    behind = ""
    while page := _page(store, clinic, at, behind):
        for _, rows in groupby(page, key=lambda row: row.entry_id):
            yield _as_entry(store, clinic, list(rows))
        behind = page[-1].entry_id


def _page(store: Store, clinic: str, at: datetime, behind: str) -> Sequence[Any]:
    """The versions of the next so many entries, each with its filing."""
    released = or_(entries.c.held_until.is_(None), entries.c.held_until <= at)
    some = select(entries.c.id).where(entries.c.clinic == clinic, entries.c.id > behind, released)
    ids = some.order_by(entries.c.id).limit(_PAGE).subquery()
    of_version = and_(
        filings.c.clinic == entry_versions.c.clinic,
        filings.c.entry_id == entry_versions.c.entry_id,
        filings.c.entry_version == entry_versions.c.version,
        filings.c.kind == FilingKind.SUMMARY.value,
    )
    wanted = (
        select(
            *(entry_versions.c[name] for name in ("entry_id", "version", "key", "patient_id", "status")),
            filings.c.id.label("filing_id"),
        )
        .select_from(entry_versions.outerjoin(filings, of_version))
        .where(entry_versions.c.clinic == clinic, entry_versions.c.entry_id.in_(select(ids.c.id)))
        .order_by(entry_versions.c.entry_id, entry_versions.c.version)
    )
    with store.asking(whole_clinic(clinic)) as connection:
        return connection.execute(wanted).all()


def _as_entry(store: Store, clinic: str, rows: list[Any]) -> SubmittedEntry:
    first = rows[0]
    mine = {one.id: one for one in owed.of_one_entry(store, clinic, first.entry_id)}
    survivor = merges.survivor(store, clinic, first.patient_id)
    return SubmittedEntry(
        id=first.entry_id,
        identifier=f"urn:uuid:{first.key}",
        patient_id=first.patient_id,
        records=frozenset({first.patient_id} | ({survivor} if survivor else set())),
        versions=tuple(
            Submitted(row.version, EntryStatus(row.status), mine.get(row.filing_id)) for row in rows
        ),
    )
