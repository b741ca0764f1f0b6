"""The witness of the noninterference proof: it looks into both databases by itself.

A deed counts as planted where its table holds a row, changed or gone or new by this deed, that stands in one of the
two worlds alone.
"""

import random
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from service.cli.demo_clinic import CLINIC
from tests.proofs.interference_deeds import Doing, Planted, Refused
from tests.proofs.interference_people import ADA, Foreign
from tests.proofs.interference_worlds import Side

Row = tuple[object, ...]
Rows = frozenset[Row]


@dataclass
class Witness:
    """What each deed changed in the database of its world, as the database says it."""

    deeds: list[tuple[Planted, Rows]]
    cursors: list[str]

    @property
    def planned(self) -> int:
        return len(self.deeds)


def plant(side: Side, chosen: list[Planted], chance: random.Random) -> Witness:
    """Do these deeds in this world, and note what each of them changed."""
    doing = Doing(side, chance, [])
    witness = Witness([], doing.cursors)
    for number, planted in enumerate(chosen):
        side.begin(number - 60, "deed", chance.random())
        before = rows(side.database, planted.table)
        with suppress(Refused):  # what was not done leaves no trace, and is missed below
            planted.do(doing)
        witness.deeds.append((planted, rows(side.database, planted.table) ^ before))
    return witness


def rows(database: Path, table: str) -> Rows:
    """All rows of a table."""
    with closing(sqlite3.connect(database)) as connection:
        return frozenset(connection.execute(f'SELECT * FROM "{table}"'))


@dataclass(frozen=True, slots=True)
class Apart:
    """By table, the rows that stand in one of two worlds alone, each as a mapping."""

    rows: Mapping[str, Rows]
    columns: Mapping[str, tuple[str, ...]]
    keys: Mapping[str, tuple[int, ...]]  # the places of the primary key's columns

    @property
    def count(self) -> int:
        return sum(map(len, self.rows.values()))

    def injected(self, witness: Witness) -> int:
        """How many deeds changed a row that sets the two worlds apart, whatever became of it by later deeds."""
        return sum(
            bool(self._named(planted.table, changed) & self._named(planted.table, self.rows[planted.table]))
            for planted, changed in witness.deeds
        )

    def _named(self, table: str, rows_: Rows) -> Rows:
        return frozenset(tuple(row[place] for place in self.keys[table]) for row in rows_)

    def own(self, foreign: Foreign) -> int:
        """How many of these rows are not foreign at all: with one, the pair would prove nothing."""
        return sum(
            _is_own(dict(zip(self.columns[table], row, strict=True)), foreign)
            for table, found in self.rows.items()
            for row in found
        )


def apart(left: Path, right: Path) -> Apart:
    """What two databases do not have in common."""
    found, columns, keys = {}, {}, {}
    for table in _tables(left):
        described = _described(left, table)
        columns[table] = tuple(str(one[1]) for one in described)
        keys[table] = tuple(place for place, one in enumerate(described) if one[5])
        found[table] = rows(left, table) ^ rows(right, table)
    return Apart(found, columns, keys)


def _tables(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [str(name) for (name,) in found]


def _described(database: Path, table: str) -> list[Row]:
    """Its columns: number, name, type, whether it may be null, default, place in the primary key."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(f'PRAGMA table_info("{table}")').fetchall()


def _is_own(row: Mapping[str, object], foreign: Foreign) -> bool:
    if row.get("clinic") != CLINIC or "clinic" not in row:
        return False
    if foreign == "elsewhere":
        return True
    return ADA in (row.get("patient_id"), row.get("patient"), row.get("new_id"), row.get("old_id"))
