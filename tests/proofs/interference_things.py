"""What requests of the noninterference proof name: the caller's own things, the others' of both worlds, nobody's."""

import random
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from service.cli.demo_clinic import CLINIC
from tests.proofs.interference_people import ADA, BOB, CARL
from tests.proofs.interference_taken import taken_keys
from tests.proofs.interference_worlds import Side

# What each kind of thing is read from: table, column.
_KINDS = {
    "entry": ("entries", "id"),
    "key": ("entries", "key"),
    "draft": ("drafts", "key"),
    "task": ("assigned_sets", "id"),
    "encounter": ("seen_encounters", "id"),
    "event": ("audit_records", "id"),
    "ruling": ("rulings", "id"),
    "filing": ("filings", "id"),
    "version": ("filings", "version_identifier"),
    "document": ("filings", "document_id"),
    "visit": ("visits", "handle"),
}
_MOST = 40  # of each kind: the log is long

Things = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Known:
    """By kind, the things of Ada, and everybody else's that are in one of the worlds or in both.

    `differing` are those that stand in one world alone: whoever can tell them from nothing knows of others. `own_key`
    is the identifier of what Ada's app sent, `cursors` are page links that others were given, and `taken` identifiers
    that others of the same clinic use in one world alone.
    """

    own: Things
    foreign: Things
    differing: Things
    cursors: tuple[str, ...]
    own_key: str
    taken: tuple[str, ...]

    @property
    def of_others(self) -> frozenset[str]:
        """All that names others, and nothing of Ada's."""
        own, theirs = (
            frozenset(name for things in several for names in things.values() for name in names)
            for several in ((self.own,), (self.foreign, self.differing))
        )
        return theirs - own

    def key(self, chance: random.Random) -> str:
        """An identifier to write under: anybody's, but for those that are taken in one world alone."""
        found = self.one(chance.choice(("key", "draft")), chance)
        return _nobodys("key", chance) if found in self.taken else found

    def one(self, kind: str, chance: random.Random) -> str:
        """A thing of this kind, as often the others' as one's own, now and then nobody's."""
        where = chance.random()
        for least, things in ((0.58, self.own), (0.18, self.differing), (0.06, self.foreign)):
            if where > least and things.get(kind):
                return chance.choice(things[kind])
        return _nobodys(kind, chance)


def known(left: Side, right: Side, cursors: list[str]) -> Known:
    """What can be named in this pair of worlds, read from both databases."""
    own, there, here = {}, {}, {}
    for kind, (table, column) in _KINDS.items():
        mine, *sides = (
            _values(left.database, table, column, True),
            *(_values(side.database, table, column, False) for side in (left, right)),
        )
        own[kind] = tuple(sorted(mine))[:_MOST]
        here[kind] = tuple(sorted(sides[0] & sides[1]))[:_MOST]
        there[kind] = tuple(sorted(sides[0] ^ sides[1]))[:_MOST]
    clinics = _clinics_of_drafts(left) | _clinics_of_drafts(right)
    for things in (own, here, there):
        unsent = [left.world.desk.entry_id(clinics[key], key) for key in things["draft"]]
        things["entry"] = (*things["entry"], *unsent)
    own["patient"], here["patient"] = (ADA,), (BOB, CARL)
    there["patient"] = ("patient-three-in",)
    taken = sorted(set(taken_keys(left)) ^ set(taken_keys(right)))
    return Known(own, here, there, tuple(cursors), left.cast.own_key, tuple(taken))


def _values(database: Path, table: str, column: str, own: bool) -> set[str]:
    patient = "patient" if table == "audit_records" else "patient_id"
    is_own = f"(clinic = ? AND {patient} IS ?)"
    wanted = is_own if own else f"NOT {is_own}"
    question = f'SELECT DISTINCT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL AND {wanted}'
    with closing(sqlite3.connect(database)) as connection:
        return {str(value) for (value,) in connection.execute(question, (CLINIC, ADA))}


def _clinics_of_drafts(side: Side) -> dict[str, str]:
    with closing(sqlite3.connect(side.database)) as connection:
        return dict(connection.execute("SELECT key, clinic FROM drafts").fetchall())


def _nobodys(kind: str, chance: random.Random) -> str:
    if kind == "patient":
        return "patient-nobody"
    if kind == "encounter":
        return f"no-visit-{chance.randrange(9)}"
    return str(UUID(int=chance.getrandbits(128), version=4))
