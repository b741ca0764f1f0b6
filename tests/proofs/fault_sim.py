"""Random schedules of people, workers and faults: what was acknowledged is filed once, or is on a list with its reason.

The service's own code runs in one process over a real database, with time and chance of the seed's making; the record
system is in memory, and its ledger is the judge. Schedules take turns on the rungs A to D. A schedule that fails is
told with its number: `make prove P=fault-sim SEED=<seed> N=<n>` replays all of them, exactly, and
`python -m tests.delivery <seed> <number>` that one alone, gate by gate.
"""

import logging
import multiprocessing
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from structlog.testing import capture_logs

from tests.delivery.house import house, make_template
from tests.delivery.judge import WRONGS
from tests.delivery.schedule import Schedule
from tests.proofs.figures import Bar, Figures, at_least, exactly

DEFAULT_N = 10_000
CI_N = 100

_PART = 50
_IN_ONE_PROCESS = 150  # as many schedules take less time than other processes need to begin
_PROCESSES = 2
_MOST_TOLD = 20
_SHOWN = ("acknowledged", "filed_there", "held-there", "cancelled", "parked", "refused", "behind", "struck")
# Records that became one, documents that were filed to the one that holds, and entries with a response there.
_UNKNOWN = ("unknown-kept", "unknown-lost")  # commits whose end nobody knew
_BESIDE = ("merged", "followed", "responses", "unknown_commits")
_FAST = Path("/dev/shm")


@dataclass
class Counted:
    """What some schedules came to together."""

    schedules: int = 0
    faulty: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    injected: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def add(self, other: "Counted") -> None:
        """The two together."""
        self.schedules += other.schedules
        self.faulty += other.faulty
        self.counts += other.counts
        self.injected += other.injected
        self.said += other.said


@dataclass(frozen=True, slots=True)
class Part:
    """Some schedules, one after the other over one database."""

    template: Path
    seed: int
    first: int
    count: int


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n schedules; nothing may be lost, doubled, misfiled or out of order, and each must have met a fault."""
    counted, told = Counted(), 0
    with tempfile.TemporaryDirectory(prefix="fault-sim-", dir=_FAST if _FAST.is_dir() else None) as name:
        template = Path(name) / "template"
        template.mkdir()
        make_template(template)
        for part in _all(template, n, seed):
            counted.add(part)
            for line in part.said[: _MOST_TOLD - told]:
                report(line)
                told += 1
            if counted.schedules % 1000 == 0:
                report(f"{counted.schedules} schedules, {sum(counted.injected.values())} faults")
    for fault, times in sorted(counted.injected.items()):
        report(f"injected {fault}: {times}")
    return _figures(counted, n)


def _all(template: Path, n: int, seed: int) -> Iterator[Counted]:
    parts = [Part(template, seed, first, min(_PART, n - first)) for first in range(0, n, _PART)]
    if n <= _IN_ONE_PROCESS:
        yield from map(run_part, parts)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(len(os.sched_getaffinity(0)), _PROCESSES), context) as pool:
        yield from pool.map(run_part, parts)


def run_part(part: Part) -> Counted:
    """What these schedules came to together."""
    counted = Counted()
    folder = part.template.parent / f"house-{part.first}"
    with _in_silence(), house(part.template, folder) as home:
        for number in range(part.first, part.first + part.count):
            ended = Schedule(home, part.seed, number).run()
            counted.schedules += 1
            counted.faulty += bool(ended.injected)
            counted.counts += ended.verdict.counts
            counted.injected += ended.injected
            counted.said += [f"SEED {part.seed} {number}: {wrong}" for wrong in ended.verdict.said]
    return counted


@contextmanager
def _in_silence() -> Iterator[None]:
    """The service tells of each trouble of its database; here they are counted."""
    writer = logging.getLogger("service.store")
    before = writer.level
    writer.setLevel(logging.CRITICAL + 1)
    try:
        with capture_logs():
            yield
    finally:
        writer.setLevel(before)


def _figures(counted: Counted, n: int) -> Figures:
    counts = counted.counts
    shown = {name.replace("-", "_"): counts[name] for name in (*_SHOWN, *WRONGS)}
    # Of few schedules a few do not come to any write; of many there are more faults than schedules.
    faults = sum(counted.injected.values())
    bars: dict[str, Bar] = {
        "schedules": exactly(n),
        "acknowledged": at_least(n),
        "faults": at_least(n),
    }
    bars |= {wrong: exactly(0) for wrong in WRONGS}
    bars |= {name: at_least(max(n // 50, 1)) for name in _BESIDE}
    figures = {"schedules": counted.schedules, "faults": faults, "kinds": len(counted.injected)}
    figures |= {"merged": counted.injected["merged"], "followed": counts["followed"]}
    figures |= {"responses": counts["responses"]}
    figures |= {"unknown_commits": sum(counted.injected[one] for one in _UNKNOWN)}
    return Figures(n, counted.faulty, figures | shown, bars)
