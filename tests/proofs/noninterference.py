"""Two worlds that differ only in what belongs to others answer the same caller byte for byte alike.

What others wrote, decided, filed or looked at, at the same clinic or another one, is in one of the worlds and not in
the other; both databases are looked into, so that a pair that does not differ counts as nothing. The same requests
follow from the seed in both: one's own things, the others' and nobody's, read, searched, counted, paged and written.

One thing is left out of these, and judged by itself: writing under an identifier that another uses at the same clinic,
which is refused because identifiers are unique there (decision 0002). Of that nothing but the refusal may be told.
"""

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from structlog.testing import capture_logs

from service.summary.rendering import Limits, RenderingChild
from tests.proofs.figures import Bar, Figures, at_least, exactly
from tests.proofs.interference_runs import REQUESTS, Counted, run_world
from tests.proofs.interference_worlds import Cast, make_cast

DEFAULT_N = 500
CI_N = 6

_IN_ONE_PROCESS = 30  # as many pairs take less time than other processes need to begin
_PART = 25
_MOST_TOLD = 20
_TAKEN = ("taken_asked", "taken_told")


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n pairs of worlds, the same requests in both of each; no answer may differ."""
    counted = Counted()
    with tempfile.TemporaryDirectory(prefix="proof-interference-") as name:
        for part in _all(Path(name), n, seed):
            counted.add(part)
            for line in part.said[: max(_MOST_TOLD - len(counted.said) + len(part.said), 0)]:
                report(line)
            if counted.counts["worlds"] % (2 * _PART) == 0:
                report(f"{counted.counts['worlds']} worlds, {counted.counts['requests']} requests")
    return _figures(counted, n)


def _all(folder: Path, n: int, seed: int) -> Iterator[Counted]:
    """What each part of the run came to, as it ends."""
    child = RenderingChild(Limits())
    try:
        with capture_logs():
            cast = make_cast(folder / "cast", child)
    finally:
        child.close()
    parts = [Part(cast, folder, seed, first, min(_PART, n - first)) for first in range(0, n, _PART)]
    if n <= _IN_ONE_PROCESS:
        yield from map(run_part, parts)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(len(os.sched_getaffinity(0)), 4), context) as pool:
        yield from pool.map(run_part, parts)


@dataclass(frozen=True, slots=True)
class Part:
    """Some pairs of worlds, one after the other in one process."""

    cast: Cast
    folder: Path
    seed: int
    first: int
    count: int


def run_part(part: Part) -> Counted:
    """What these pairs came to together."""
    counted, child = Counted(), RenderingChild(Limits())
    try:
        for number in range(part.first, part.first + part.count):
            with tempfile.TemporaryDirectory(dir=part.folder) as name:
                counted.add(run_world(part.cast, Path(name), child, part.seed, number))
    finally:
        child.close()
    return counted


def _figures(counted: Counted, n: int) -> Figures:
    counts = counted.counts
    shown = ("worlds", "requests", "differing_responses", "broken", "rows_apart", "own_rows_apart", *_TAKEN)
    bars: dict[str, Bar] = {
        "worlds": exactly(n),
        "requests": at_least(n * REQUESTS),
        "differing_responses": exactly(0),
        "broken": exactly(0),
        "own_rows_apart": exactly(0),
        "taken_told": exactly(0),
    }
    answers = {f"answered_{kind}": count for kind, count in sorted(counted.answers.items())}
    return Figures(
        counts["planned"], counts["injected"], {name: counts[name] for name in shown} | answers, bars
    )
