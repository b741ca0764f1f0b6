"""Bugs planted in delivery, one at a time in a private copy of the house, are each noticed, by a schedule or by a test.

A plant lies in plants/delivery and names who is to notice it: `fault-sim:BC` for schedules on these rungs, or tests.
It is caught where one of them turns red with it, and the same schedule or test is green without it.
"""

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.plants_read import PLANTS, DoesNotFit, Plant, planted, plants
from tests.proofs.plants_run import NotRun, copy_house, function_of, run_tests

DEFAULT_N = 1000
CI_N = 2
ROOT = Path(__file__).parents[2]

_LEAST = 32
_AT_ONCE = 2
_SCHEDULES = 2400  # looked through for a wrong: of them those on the plant's rungs
_SIM = "fault-sim:"
_SECONDS = 900


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What became of one plant. `red`: the schedule, as "seed number", or the test that noticed it; else `why` not."""

    plant: Plant
    applied: bool
    red: str | None = None
    is_schedule: bool = False
    green_without: bool = False
    why: str = ""

    @property
    def is_caught(self) -> bool:
        """Whether it was noticed, and nothing else than it."""
        return self.red is not None and self.green_without


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Plant n of the bugs, or all where there are no more; which ones is chance."""
    every = plants(PLANTS / "delivery")
    chosen = list(every) if n >= len(every) else random.Random(seed).sample(every, n)
    with tempfile.TemporaryDirectory(prefix="planted-delivery-") as name:
        house = Path(name) / "unplanted"
        copy_house(ROOT, house)

        def judge(plant: Plant) -> _Verdict:
            verdict = _judge(house, plant, seed)
            report(_line(verdict))
            return verdict

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            verdicts = list(pool.map(judge, chosen))
    return _figures(len(every), verdicts)


def _judge(house: Path, plant: Plant, seed: int) -> _Verdict:
    with tempfile.TemporaryDirectory(prefix="plant-", dir=house.parent) as name:
        spoiled = Path(name) / "house"
        copy_house(house, spoiled)
        try:
            _put_in(spoiled / plant.file, plant)
        except DoesNotFit as problem:
            return _Verdict(plant, applied=False, why=str(problem))
        for one in plant.tests:
            verdict = _by_schedules if one.startswith(_SIM) else _by_tests
            found = verdict(house, spoiled, plant, one, seed)
            if found.red is not None:
                return found
    return found


def _put_in(file: Path, plant: Plant) -> None:
    source = file.read_text("utf-8") if file.is_file() else ""
    file.write_text(planted(source, plant), "utf-8")
    rmtree(file.parent / "__pycache__", ignore_errors=True)


def _by_schedules(house: Path, spoiled: Path, plant: Plant, one: str, seed: int) -> _Verdict:
    rungs = one.removeprefix(_SIM)
    said = _simulate(spoiled, str(seed), "0", str(_SCHEDULES), rungs)
    if said.returncode != 1 or not said.stdout.startswith("SEED "):
        return _Verdict(plant, applied=True, why=f"no schedule on {rungs} went wrong {said.stderr[-300:]}")
    named, _, wrong = said.stdout.strip().partition(": ")
    number = named.split()[2]
    is_green = _simulate(house, str(seed), number).returncode == 0
    red = f"schedule {number} ({wrong})"
    return _Verdict(plant, applied=True, red=red, is_schedule=True, green_without=is_green)


def _simulate(house: Path, *asked: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.delivery", *asked]
    return subprocess.run(command, cwd=house, capture_output=True, text=True, timeout=_SECONDS, check=False)


def _by_tests(house: Path, spoiled: Path, plant: Plant, one: str, seed: int) -> _Verdict:
    try:
        red = next(iter(run_tests(spoiled, [one], seed, to_the_end=False).red), None)
        if red is None:
            return _Verdict(plant, applied=True, why=f"{one} stayed green, or broke")
        is_green = red in run_tests(house, [function_of(house, red)], seed, to_the_end=True).green
    except NotRun as problem:
        return _Verdict(plant, applied=True, why=f"its tests could not be run: {problem}")
    return _Verdict(plant, applied=True, red=red, green_without=is_green)


def _figures(every: int, verdicts: list[_Verdict]) -> Figures:
    caught = [one for one in verdicts if one.is_caught]
    counted = {
        "planted": len(verdicts),
        "caught": len(caught),
        "missed": len(verdicts) - len(caught),
        "known": every,
        "by_schedules": sum(one.is_schedule for one in caught),
        "places": len({one.plant.file for one in verdicts}),
    }
    bars = {"caught": exactly(len(verdicts)), "missed": exactly(0), "known": at_least(_LEAST)}
    injected = sum(one.applied for one in verdicts)
    return Figures(planned=len(verdicts), injected=injected, counted=counted, bars=bars)


def _line(verdict: _Verdict) -> str:
    if verdict.red is not None:
        told = "red" if verdict.green_without else "red without it as well"
        return f"{told}: {verdict.plant.name} <- {verdict.red}"
    return f"{'missed' if verdict.applied else 'not planted'}: {verdict.plant.name} ({verdict.why})"
