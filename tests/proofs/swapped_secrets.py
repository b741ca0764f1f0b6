"""What an insider could do with sealed values without opening them: put one in the place of another.

Every two rows of every table with a sealed column are taken, of one clinic or two, and every two such columns of one
row; both are then read by the store's own questions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Row, Table, select, update

from service.store import documents, drafts, entries, held_words, sessions
from service.store.engine import Store, open_store
from service.store.migrating import upgrade
from service.store.sealing import SealedColumn, Unopened
from service.store.tables import metadata
from tests.store import walled
from tests.store.builders import context, seal

Reader = Callable[[Store, Row[Any]], object]


@dataclass(frozen=True, slots=True)
class Place:
    """One sealed value: its table, column and row."""

    column: Column[Any]
    row: Row[Any]

    @property
    def table(self) -> Table:
        """Where it lies."""
        return self.column.table


def _asked(row: Row[Any], patient: str) -> Any:
    return context(patients=frozenset({patient}), clinic=row.clinic)


READERS: Mapping[str, Reader] = {
    "drafts": lambda store, row: drafts.draft(store, _asked(row, row.patient_id), row.key),
    "entry_versions": lambda store, row: entries.version_of(
        store, _asked(row, row.patient_id), row.entry_id, row.version
    ),
    "held_words": lambda store, row: held_words.held_of(store, _asked(row, row.patient_id), row.held_at),
    "launches": lambda store, row: sessions.pending_launch(store, row.state_digest),
    "summaries": lambda store, row: _document(store, row),
    "visits": lambda store, row: sessions.visit(store, row.handle),
}


def _document(store: Store, row: Row[Any]) -> object:
    patient = row.filing_id.removeprefix("filing of ")
    return documents.rendered_from(store, _asked(row, patient), f"entry of {patient}", 1)


def sealed_columns() -> tuple[Column[Any], ...]:
    """Every sealed column of every table."""
    return tuple(
        column
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, SealedColumn)
    )


@dataclass
class Swaps:
    """How many pairs were exchanged, and how many of the rows read then were found out; `unread` without a swap."""

    swapped: int = 0
    read: int = 0
    detected: int = 0
    unread: int = 0


def swap_all(folder: Path) -> Swaps:
    """Exchange every pair in a database of two clinics, read both, and put them back."""
    url = f"sqlite:///{folder / 'swapped.sqlite'}"
    upgrade(url)
    store, counted = open_store(url, seal()), Swaps()
    try:
        walled.settle(store)
        for one, other in _pairs(store, counted):
            _exchange(store, one, other)
            counted.swapped += 1
            for place in {one.row: one, other.row: other}.values():
                counted.read += 1
                counted.detected += _is_found_out(store, place)
            _exchange(store, one, other, back=True)
    finally:
        store.close()
    return counted


def _pairs(store: Store, counted: Swaps) -> Iterator[tuple[Place, Place]]:
    tables: dict[str, list[Column[Any]]] = {}
    for column in sealed_columns():
        tables.setdefault(column.table.name, []).append(column)
    for columns in tables.values():
        with store.writer_engine.connect() as connection:
            rows = connection.execute(select(columns[0].table)).all()
        counted.unread += sum(READERS[columns[0].table.name](store, row) is None for row in rows)
        for column in columns:
            yield from ((Place(column, one), Place(column, two)) for one, two in combinations(rows, 2))
        for row in rows:
            yield from ((Place(one, row), Place(two, row)) for one, two in combinations(columns, 2))


def _exchange(store: Store, one: Place, other: Place, *, back: bool = False) -> None:
    with store.writer_engine.begin() as connection:
        for here, there in ((one, other), (other, one)):
            value = getattr((here if back else there).row, (here if back else there).column.name)
            this = [column == getattr(here.row, column.name) for column in here.table.primary_key]
            connection.execute(update(here.table).where(*this).values({here.column.name: value}))


def _is_found_out(store: Store, place: Place) -> bool:
    try:
        READERS[place.table.name](store, place.row)
    except Unopened:
        return True
    return False
