"""Whatever a record system answers, what was sent is filed once, or is shown to somebody who can mend it.

The service's own worker, its store and its tokens run over a database, with time of the proof's making; the record
system is in memory, and its ledger is the judge. Each family is one way to answer, on each rung that it concerns.
"""

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from shutil import rmtree

from structlog.testing import capture_logs

from tests.answers import conflicts, failing, partial, redirects, refusals, tokens, vanishing, waiting, yeses
from tests.answers.clinic import Endless
from tests.answers.tally import WRONG_ANSWERS, Tally
from tests.delivery.house import House, house, make_template
from tests.proofs.figures import Figures, exactly

Family = Callable[[House, int, Random, Tally], None]

# How often each happens where the proof is run at its full size; fewer happen in the same proportion.
FAMILIES: dict[str, tuple[Family, int]] = {
    "ambiguous": (failing.ambiguous, 500),
    "beyond_window": (failing.beyond_window, 50),
    "errors": (failing.errors, 2000),
    "resets": (failing.resets, 500),
    "lags": (failing.lags, 140),
    "asked_to_wait": (waiting.asked_to_wait, 640),
    "busy_for_days": (waiting.patient_asking, 2),
    "expiries": (tokens.expiries, 210),
    "refused_for_ever": (tokens.refused_for_ever, 40),
    "conflicts": (conflicts.to_a_write, 96),
    "overtaken": (conflicts.to_a_mark, 60),
    "struck_there": (conflicts.struck_there, 24),
    "redirects": (redirects.redirects, 560),
    "yeses": (yeses.without_proof, 240),
    "vanished": (vanishing.vanished, 100),
    "refusals": (refusals.refusals, 160),
    "partials": (partial.partials, 300),
}
DEFAULT_N = sum(count for _, count in FAMILIES.values())
CI_N = 110

_PART = 50
_RARE = 4
_IN_ONE_PROCESS = 200
_PROCESSES = 2
_MOST_TOLD = 20
_FAST = Path("/dev/shm")
# Each of these happens to every case of its family.
_EVERY = {
    "found_by_the_looks": "beyond_window",
    "renewed": "expiries",
    "visible": "refusals",
    "retried": "refusals",
    "noticed": "vanished",
}
_WORDS = "p1 after"  # how everything begins that the patient writes


@dataclass(frozen=True, slots=True)
class Some:
    """So many cases of one family, from this one on."""

    family: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """Some cases, one after the other over one database."""

    template: Path
    seed: int
    cases: tuple[Some, ...]


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """About n cases; none may be lost, doubled, said to be filed without being so, or left out of what people see."""
    counts = {name: _share(count, n) for name, (_, count) in FAMILIES.items()}
    tally, told = Tally(), 0
    with tempfile.TemporaryDirectory(prefix="answers-", dir=_FAST if _FAST.is_dir() else None) as name:
        template = Path(name) / "template"
        template.mkdir()
        make_template(template)
        for part in _all(template, seed, _cases(counts), n):
            tally.add(part)
            for line in part.said[: _MOST_TOLD - told]:
                report(line)
                told += 1
    return _figures(tally, counts)


def _share(count: int, n: int) -> int:
    """So many of a family in a run of n cases: a few at least, so that each stands on every rung."""
    return min(count, max(1 if count < _RARE else 4, round(count * n / DEFAULT_N)))


def _cases(counts: dict[str, int]) -> list[Some]:
    return [
        Some(family, first, min(_PART, count - first))
        for family, count in counts.items()
        for first in range(0, count, _PART)
    ]


def _figures(tally: Tally, counts: dict[str, int]) -> Figures:
    wrongs = {one: tally.counts[one] for one in WRONG_ANSWERS}
    counted = counts | {one: tally.counts[one] for one in sorted(tally.counts) if one not in wrongs}
    bars = {one: exactly(0) for one in wrongs} | {
        counted_as: exactly(counts[family]) for counted_as, family in _EVERY.items()
    }
    return Figures(tally.planned, tally.injected, counted | wrongs, bars)


def _all(template: Path, seed: int, cases: list[Some], n: int) -> Iterator[Tally]:
    if n <= _IN_ONE_PROCESS:
        yield run_part(Part(template, seed, tuple(cases)))
        return
    parts = [Part(template, seed, (one,)) for one in cases]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(len(os.sched_getaffinity(0)), _PROCESSES), context) as pool:
        yield from pool.map(run_part, parts)


def run_part(part: Part) -> Tally:
    """What these cases came to together."""
    tally, first = Tally(), part.cases[0]
    folder = part.template.parent / f"house-{first.family}-{first.first}"
    with capture_logs() as logs, house(part.template, folder) as home:
        for some in part.cases:
            _run(home, part.seed, some, tally)
    tally.check(_WORDS not in str(logs), "words_told", f"{first}: in the log")
    for file in (one for one in folder.rglob("*") if one.is_file()):
        tally.check(_WORDS.encode() not in file.read_bytes(), "words_told", f"{first}: in {file.name}")
    rmtree(folder)
    return tally


def _run(home: House, seed: int, some: Some, tally: Tally) -> None:
    run, _ = FAMILIES[some.family]
    for number in range(some.first, some.first + some.count):
        tally.planned += 1
        try:
            run(home, number, Random(f"{seed}/{some.family}/{number}"), tally)
        except Endless as fault:
            tally.wrong("loops", str(fault))
