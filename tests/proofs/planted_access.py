"""Bugs planted in access control, one at a time in a private copy of the house, are each noticed by the suite.

A plant is caught where a test turns red on the copy with it, and is green on the copy without it. A plant whose text
no longer stands in the service counts as not injected, so that no rule is moved away from its plant unseen.
"""

import random
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from tests.parts import PARTS
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.plants_read import DoesNotFit, Plant, planted, plants
from tests.proofs.plants_run import NotRun, Said, copy_house, function_of, lies_there, run_tests

DEFAULT_N = 1000
CI_N = 3
ROOT = Path(__file__).parents[2]
_LEAST = 35
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What became of one plant: whether it was put in, and the test that turned red; `why` none did."""

    plant: Plant
    applied: bool
    red: str | None = None
    why: str = ""


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Plant n of the bugs, or all where there are no more; which ones is chance."""
    every = [one for one in plants() if one.needs is None or _is_there(one.needs)]
    chosen = every if n >= len(every) else random.Random(seed).sample(every, n)
    with tempfile.TemporaryDirectory(prefix="planted-access-") as name:
        house = Path(name) / "unplanted"
        copy_house(ROOT, house)

        def judge(plant: Plant) -> _Verdict:
            verdict = _judge(house, plant, seed)
            report(_line(verdict))
            return verdict

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            verdicts = list(pool.map(judge, chosen))
        control = _control(house, verdicts, seed)
    for test in (*control.red, *control.broken):
        report(f"red without any plant: {test}")
    return _figures(len(every), control, verdicts)


def _judge(house: Path, plant: Plant, seed: int) -> _Verdict:
    absent = [test for test in plant.tests if not lies_there(house, test)]
    with tempfile.TemporaryDirectory(prefix="plant-", dir=house.parent) as name:
        spoiled = Path(name) / "house"
        copy_house(house, spoiled)
        try:
            _put_in(spoiled / plant.file, plant)
        except DoesNotFit as problem:
            return _Verdict(plant, applied=False, why=str(problem))
        if absent:
            return _Verdict(plant, applied=True, why=f"no such test: {', '.join(absent)}")
        try:
            said = run_tests(spoiled, plant.tests, seed, to_the_end=False)
        except NotRun as problem:
            return _Verdict(plant, applied=True, why=f"its tests could not be run: {problem}")
    why = f"broken: {', '.join(said.broken)}" if said.broken else "every test stayed green"
    return _Verdict(plant, applied=True, red=next(iter(said.red), None), why=why)


def _put_in(file: Path, plant: Plant) -> None:
    """Spoil the file, and look whether it is spoiled: the file itself is the witness."""
    source = file.read_text("utf-8") if file.is_file() else ""
    file.write_text(planted(source, plant), "utf-8")
    rmtree(file.parent / "__pycache__", ignore_errors=True)
    if file.read_text("utf-8") == source:
        raise DoesNotFit(f"{plant.name}: {plant.file} is as it was")


def _control(house: Path, verdicts: list[_Verdict], seed: int) -> Said:
    """What the tests that turned red say where nothing is planted."""
    functions = sorted({function_of(house, one.red) for one in verdicts if one.red is not None})
    if not functions:
        return Said(frozenset(), (), ())
    return run_tests(house, functions, seed, to_the_end=True)


def _figures(every: int, control: Said, verdicts: list[_Verdict]) -> Figures:
    caught = [one.red for one in verdicts if one.red in control.green]
    counted = {
        "planted": len(verdicts),
        "caught": len(caught),
        "missed": len(verdicts) - len(caught),
        "known": every,
        "places": len({one.plant.file for one in verdicts}),
        "guards": len(set(caught)),
        "red_without": len(control.red) + len(control.broken),
    }
    bars = {
        "caught": exactly(len(verdicts)),
        "missed": exactly(0),
        "known": at_least(_LEAST),
        "red_without": exactly(0),
    }
    injected = sum(one.applied for one in verdicts)
    return Figures(planned=len(verdicts), injected=injected, counted=counted, bars=bars)


def _line(verdict: _Verdict) -> str:
    if verdict.red is not None:
        return f"red: {verdict.plant.name} <- {verdict.red}"
    return f"{'missed' if verdict.applied else 'not planted'}: {verdict.plant.name} ({verdict.why})"


def _is_there(marker: str) -> bool:
    return any(part.marker == marker and part.find() is not None for part in PARTS)
