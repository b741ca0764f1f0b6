"""Every route by every method, as everybody, for one's own, a stranger's and nobody's things: only the rules decide.

The routes come from the URL map, so a new one is asked the moment it exists, and the run fails until the oracle
(tests/proofs/matrix_rows.py) says whose data it serves. Refused is refused: a stranger's things are answered exactly as
what is not there, nothing is written, and nobody's words, names or ids stand in the answer.
"""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.matrix_behind import ABSENT, Behind, Slot, people_behind
from tests.proofs.matrix_oracle import Expected, comes_late, expected
from tests.proofs.matrix_people import Identity, identities
from tests.proofs.matrix_probes import Probe, Route, is_covered, missing, probes, routes
from tests.proofs.matrix_requests import Knocker
from tests.proofs.matrix_rows import CLINICIAN, ROWS, SECRET, Row
from tests.proofs.matrix_told import compares, leaks, told
from tests.proofs.matrix_world import matrix_world
from tests.world import HOMES

# Of each way to ask; there are at most as many as people, places and ids.
DEFAULT_N = 400
CI_N = 1

Report = Callable[[str], None]
# What a refused request may leave: that it was refused, that a visit was seen, what the record system said meanwhile.
_HELD = "held_words"
_ALLOWED_TO_GROW = (
    "audit_",
    "checkpoints",
    "visits",
    "launches",
    "client_",
    "seen_encounters",
    "courses",
    "finding",
)


@dataclass
class Tally:
    """What the answers were."""

    counted: Counter[str] = field(default_factory=Counter)
    opened: set[tuple[str, int]] = field(default_factory=set)
    said: Counter[str] = field(default_factory=Counter)

    def fault(self, name: str, probe: Probe, more: object, report: Report) -> None:
        """One more of this kind; the first few of each route are told."""
        self.counted[name] += 1
        self.said[place := f"{name} {probe.route.endpoint}"] += 1
        if self.said[place] <= 2:
            report(f"{name}: {probe}: {more}")


@dataclass
class Matrix:
    """One run: who asks, what lies behind the doors, and what was answered."""

    knocker: Knocker
    behind: Behind
    tables: tuple[str, ...]
    tally: Tally
    report: Report
    asked: dict[str, set[str]] = field(default_factory=dict)

    def ask(self, probe: Probe) -> None:
        """Send one probe and hold its answer against the oracle."""
        right, slot = expected(probe), self.knocker.filled(probe)
        self._let_go_of_late_words()
        before = {} if right.allowed else self._kept()
        answer = self.knocker.send(probe, slot)
        self.tally.counted["probes"] += 1
        self.tally.counted["allowed" if right.allowed else "refused"] += 1
        self._judge_status(probe, right, answer, slot)
        said = {slot[name] for name in probe.row.uses}
        self.asked.setdefault(_clinic(probe), set()).update(said)
        # A log repeats what was asked for there, by whomever.
        known = self.asked[_clinic(probe)] if probe.row.of_the_log else said
        for one in leaks(answer, probe, known, self.behind, right):
            self.tally.fault("leaks", probe, one, self.report)
        if not right.allowed and (after := self._kept()) != before:
            changed = {name for name in after if after[name] != before[name]}
            if not (comes_late(probe) and changed == {_HELD}):
                self.tally.fault("written", probe, f"{answer.status_code} {sorted(changed)}", self.report)
        if compares(probe, right) and not comes_late(probe):
            self._compare(probe, answer, slot)

    def ask_missing(self, probe: Probe) -> None:
        """A method that is not there is nobody's."""
        answer = self.knocker.send(probe, self.knocker.plain(probe))
        self.tally.counted["probes"] += 1
        self.tally.counted["refused"] += 1
        if answer.status_code != 405:
            self.tally.fault("wrongly_allowed", probe, answer.status_code, self.report)
        for one in leaks(answer, probe, set(), self.behind, Expected(False, frozenset())):
            self.tally.fault("leaks", probe, one, self.report)

    def _judge_status(self, probe: Probe, right: Expected, answer: httpx2.Response, slot: Slot) -> None:
        status = answer.status_code
        if status in right.statuses:
            if right.allowed and status in probe.row.opened and probe.method != "OPTIONS":
                self._opened(probe, answer, slot)
            return
        if status >= 500:
            self.tally.fault("broken", probe, status, self.report)
        else:
            kind = "wrongly_denied" if right.allowed else "wrongly_allowed"
            self.tally.fault(kind, probe, f"{status}, not {sorted(right.statuses)}", self.report)

    def _opened(self, probe: Probe, answer: httpx2.Response, slot: Slot) -> None:
        self.tally.opened.add(_place(probe.route, probe.row))
        shows = slot[probe.row.shows] if probe.row.shows and probe.method != "HEAD" else ""
        if shows not in answer.text:
            self.tally.fault("wrongly_denied", probe, f"{probe.row.shows} is not in the answer", self.report)

    def _compare(self, probe: Probe, answer: httpx2.Response, slot: Slot) -> None:
        twin, there = probe.of_nobody, self.knocker.for_nobody(slot)
        nobodys = told(self.knocker.send(twin, there), there)
        self.tally.counted["compared"] += 1
        if (mine := told(answer, slot)) != nobodys:
            self.tally.fault("told_apart", probe, f"{mine} not {nobodys}", self.report)

    def _let_go_of_late_words(self) -> None:
        """What a visit that was over had held would stand before the next one's pages."""
        with closing(sqlite3.connect(self.behind.world.folder / "journal.sqlite")) as connection:
            connection.execute(f'DELETE FROM "{_HELD}"')
            connection.commit()

    def _kept(self) -> dict[str, list[Any]]:
        return contents(self.behind.world.folder / "journal.sqlite", self.tables)


def tables(database: Path) -> tuple[str, ...]:
    """The tables that no refused request may write to."""
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return tuple(name for (name,) in found if not name.startswith(_ALLOWED_TO_GROW))


def contents(database: Path, names: Iterable[str]) -> dict[str, list[Any]]:
    """All that is kept in these tables, to compare."""
    with closing(sqlite3.connect(database)) as connection:
        return {one: connection.execute(f'SELECT * FROM "{one}"').fetchall() for one in names}


def prove(n: int, seed: int, report: Report) -> Figures:
    """Of each way to ask at each route one probe of each sort, and n more of all identities, places and ids."""
    chance = random.Random(seed)
    with matrix_world() as world:
        behind = people_behind(world)
        people = identities(world)
        every = routes(world.app)
        covered = [one for one in every if is_covered(one)]
        for route in every:
            if route not in covered:
                report(f"no row says whose data this route serves: {route.endpoint} {route.path}")
        guarded = tables(world.folder / "journal.sqlite")
        matrix = Matrix(Knocker(behind, people), behind, guarded, Tally(), report)
        planned = [
            one
            for route in covered
            for group in probes(route, people, world.app)
            for one in drawn(group, n, chance)
        ]
        absent = [
            one
            for route in covered
            for group in missing(route, people, world.app)
            for one in chance.sample(group, min(n, len(group)))
        ]
        for one in absent:
            matrix.ask_missing(one)
        for number, one in enumerate(_in_order(planned, chance), 1):
            matrix.ask(one)
            if number % 1000 == 0:
                report(f"{number} of {len(planned)}")
    refused = len(absent) + sum(not expected(one).allowed for one in planned)
    return _figures(matrix.tally, every, covered, people, refused, report)


def drawn(group: list[Probe], n: int, chance: random.Random) -> list[Probe]:
    """One probe of each sort that must be answered in its own way, and n others."""
    mixed = chance.sample(group, len(group))
    first = list({_sort(one): one for one in mixed}.values())
    taken = set(map(id, first))
    return first + [one for one in mixed if id(one) not in taken][:n]


def _sort(probe: Probe) -> tuple[object, ...]:
    """What a probe is refused or allowed for, as far as the oracle tells; HEAD and OPTIONS have fewer sorts."""
    right = expected(probe)
    if probe.method in ("HEAD", "OPTIONS"):
        return (right.allowed,)
    return right.allowed, right.statuses, probe.who.bearer, probe.who.over, probe.slot == ABSENT


def _in_order(planned: Iterable[Probe], chance: random.Random) -> list[Probe]:
    """By chance, but what ends a visit comes last."""
    mixed = sorted(planned, key=lambda _: chance.random())
    return sorted(
        mixed, key=lambda one: one.row.ends_visit and one.method == "POST" and expected(one).allowed
    )


def _figures(
    tally: Tally,
    every: list[Route],
    covered: list[Route],
    people: tuple[Identity, ...],
    refused: int,
    report: Report,
) -> Figures:
    never = {
        _place(one, row) for one in covered for row in ROWS[one.endpoint] if _can_open(row)
    } - tally.opened
    for endpoint, number in sorted(never):
        report(f"nobody came in at {endpoint}, row {number + 1}")
    count = tally.counted
    none = ("wrongly_denied", "wrongly_allowed", "leaks", "told_apart", "written", "broken")
    return Figures(
        planned=refused,
        injected=count["refused"],
        counted={
            "routes": len(every),
            "identities": len(people),
            "probes": count["probes"],
            "allowed": count["allowed"],
            "compared": count["compared"],
            **{name: count[name] for name in none},
            "never_opened": len(never),
            "rows_without_route": len(set(ROWS) - {one.endpoint for one in every}),
            "uncovered_routes": len(every) - len(covered),
        },
        bars={
            **{
                name: exactly(0) for name in (*none, "never_opened", "rows_without_route", "uncovered_routes")
            },
            "identities": at_least(14),
            "allowed": at_least(len(covered)),
            "compared": at_least(1),
        },
    )


def _clinic(probe: Probe) -> str:
    return probe.where if probe.where in HOMES else probe.who.home


def _place(route: Route, row: Row) -> tuple[str, int]:
    return route.endpoint, ROWS[route.endpoint].index(row)


def _can_open(row: Row) -> bool:
    return row.door != SECRET and not (row.unsent and row.door == CLINICIAN)
