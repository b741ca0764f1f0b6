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

from structlog.testing import capture_logs

from tests.answers import conflicts, failing, partial, redirects, refusals, tokens, vanishing, waiting, yeses
from tests.answers.clinic import Endless
from tests.answers.tally import Tally
from tests.delivery.house import House, house, make_template
from tests.delivery.judge import WRONGS
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
CI_N = 120

_PART = 50
_IN_ONE_PROCESS = 250
_PROCESSES = 2
_MOST_TOLD = 20
_FAST = Path("/dev/shm")
_WRONGS = (
    *WRONGS,
    "never_filed",
    "unfound",
    "loops",
    "words_told",
    "early_calls",
    "attempts_used",
    "refreshes",
    "dropped",
    "copies_left",
    "wrong_overwrites",
    "followed",
    "tokens_leaked",
    "falsely_done",
    "auto_resent",
    "orphans",
)
_WORDS = "p1 after"  # how everything begins that the patient writes


@dataclass(frozen=True, slots=True)
class Part:
    """Some cases of one family, one after the other over one database."""

    template: Path
    family: str
    seed: int
    first: int
    count: int


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """About n cases; none may be lost, doubled, said to be filed without being so, or left out of what people see."""
    chosen = {name: one for name, one in FAMILIES.items() if name in os.environ.get("FAM", name)}
    counts = {name: min(count, max(4, round(count * n / DEFAULT_N))) for name, (_, count) in chosen.items()}
    tally, told = Tally(), 0
    with tempfile.TemporaryDirectory(prefix="answers-", dir=_FAST if _FAST.is_dir() else None) as name:
        template = Path(name) / "template"
        template.mkdir()
        make_template(template)
        parts = [
            Part(template, family, seed, first, min(_PART, count - first))
            for family, count in counts.items()
            for first in range(0, count, _PART)
        ]
        for part in _all(parts, n):
            tally.add(part)
            for line in part.said[: _MOST_TOLD - told]:
                report(line)
                told += 1
    shown = counts | {one: tally.counts[one] for one in sorted(tally.counts) if one not in _WRONGS}
    wrongs = {one: tally.counts[one] for one in _WRONGS}
    return Figures(tally.planned, tally.injected, shown | wrongs, {one: exactly(0) for one in _WRONGS})


def _all(parts: list[Part], n: int) -> Iterator[Tally]:
    if n <= _IN_ONE_PROCESS:
        yield from map(run_part, parts)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(len(os.sched_getaffinity(0)), _PROCESSES), context) as pool:
        yield from pool.map(run_part, parts)


def run_part(part: Part) -> Tally:
    """What these cases came to together."""
    tally, (run, _) = Tally(), FAMILIES[part.family]
    folder = part.template.parent / f"house-{part.family}-{part.first}"
    with capture_logs() as logs, house(part.template, folder) as home:
        for number in range(part.first, part.first + part.count):
            tally.planned += 1
            try:
                run(home, number, Random(f"{part.seed}/{part.family}/{number}"), tally)
            except Endless as fault:
                tally.wrong("loops", str(fault))
        tally.check(_WORDS not in str(logs), "words_told", f"{part.family} in the log")
    return tally
