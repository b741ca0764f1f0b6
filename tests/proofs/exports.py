"""Kill exports of the log at random bytes and at every step, while the log grows and others export too.

Fault matrix F58. Each export is a process of its own. What stands under the name afterwards is compared with the rows
of the database, read past the service, and the note beside it with these same rows.
"""

import json
import multiprocessing
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from service.audit.checkpoint import Checkpoint, Doubtful
from service.audit.checkpoint import verify as verify_note
from service.audit.merkle import root_of
from service.cli.demo_clinic import CLINIC
from service.workflow.audit_by_command import verify_export
from tests.killing.exporting import REFUSED, STEPS, export
from tests.killing.exporting_house import House, exporting_house, growing
from tests.proofs.figures import Figures, at_least, at_most, exactly

DEFAULT_N = 100
CI_N = 6

_processes = multiprocessing.get_context("forkserver")
_RECORDS = 1_000  # when the kills begin
_PATIENCE = 60.0
_TRIES = 20  # to kill one: it may have been refused, or be at its end
_WHOLE_CHECK_EVERY = 10
_MOST_GROWTH = 1.05  # of the memory of a process, for a log ten times as long


@dataclass
class Export:
    """One that runs."""

    process: BaseProcess
    told: Any

    def ended(self) -> int:
        """How it ended: 0, REFUSED, or less than 0 for the signal that it died of."""
        self.process.join(_PATIENCE)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            raise RuntimeError("an export did not end")
        return code


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n kills; after each the pair is whole or the former one, and the next export is whole."""
    chance = random.Random(seed)
    _processes.set_forkserver_preload(["tests.killing.exporting"])
    with exporting_house() as house:
        house.grow(_RECORDS)
        _run_two(house, chance)
        _judge(house, must_have_note=True)
        with growing(house):
            for number in range(n):
                _kill_one(house, number, chance)
                _judge(house, must_have_note=False)
                _run_two(house, chance)
                _judge(house, must_have_note=True, with_service=number % _WHOLE_CHECK_EVERY == 0)
                report(f"kill {number + 1} of {n}: {dict(house.counts)}")
        records = len(house.rows()[0])
    short, long = _peaks(max(1_000, min(10_000, 100 * n)))
    report(f"peak of a process in KiB: {short}, for ten times as many records {long}")
    counts = house.counts
    return Figures(
        planned=n,
        injected=counts["kills"],
        counted={
            "kills": counts["kills"],
            "at_steps": counts["at_steps"],
            "records": records,
            "whole": counts["whole"],
            "refused": counts["refused"],
            "rows_missing": counts["rows_missing"],
            "rows_double": counts["rows_double"],
            "partial_lines": counts["partial_lines"],
            "wrong_notes": counts["wrong_notes"],
            "without_note": counts["without_note"],
            "strange_ends": counts["strange_ends"],
            "left_behind": counts["left_behind"],
            "peak_rss_mb": long / 1024,
            "peak_rss_ratio": long / short,
        },
        bars={
            "at_steps": at_least(n // 2),
            "whole": at_least(n),
            "refused": at_least(n // 20),
            "rows_missing": exactly(0),
            "rows_double": exactly(0),
            "partial_lines": exactly(0),
            "wrong_notes": exactly(0),
            "without_note": at_most(n // 2),
            "strange_ends": exactly(0),
            "left_behind": exactly(0),
            "peak_rss_ratio": at_most(_MOST_GROWTH),
        },
    )


# --- exports -----------------------------------------------------------------------------------------------------


def _start(house: House, step: str | None = None) -> Export:
    ours, theirs = _processes.Pipe()
    process = _processes.Process(
        target=export, args=(house.said, CLINIC, house.out, step, theirs), daemon=True
    )
    process.start()
    theirs.close()
    return Export(process, ours)


def _kill_one(house: House, number: int, chance: random.Random) -> None:
    """Kill an export, by turns at a step of its own and at a byte from outside; at every other another one runs too."""
    step = list(STEPS)[number // 2 % len(STEPS)] if number % 2 else None
    for _ in range(_TRIES):
        rival = _start(house) if chance.random() < 0.5 else None
        if rival is not None:
            time.sleep(chance.uniform(0, 0.6))
        victim = _start(house, step)
        if step is None:
            _kill_at(house, victim, chance)
        ended = victim.ended()
        if rival is not None:
            _note_end(house, rival.ended())
        if ended < 0:
            house.counts["kills"] += 1
            house.counts["at_steps"] += step is not None
            return
        _note_end(house, ended)


def _kill_at(house: House, victim: Export, chance: random.Random) -> None:
    """Kill it once so many bytes are written; one in ten before the first of them."""
    if chance.random() < 0.1:
        time.sleep(chance.uniform(0, 0.2))
    else:
        size = house.out.stat().st_size
        _wait_for(Path(f"{house.out}.part"), victim, chance.randint(1, size))
    victim.process.kill()


def _wait_for(part: Path, victim: Export, size: int) -> None:
    until = time.monotonic() + _PATIENCE
    while victim.process.exitcode is None and time.monotonic() < until:
        try:
            if size <= part.stat().st_size:
                return
        except FileNotFoundError:
            pass
        time.sleep(0.0005)


def _run_two(house: House, chance: random.Random) -> None:
    """Two exports to one name, of which one at least comes to its end."""
    at_least_so_many = len(house.rows()[0])
    first = _start(house)
    time.sleep(chance.choice((0, chance.uniform(0, 0.5))))
    ends = [one.ended() for one in (first, _start(house))]
    for ended in ends:
        _note_end(house, ended)
    house.counts["strange_ends"] += 0 not in ends
    house.largest = at_least_so_many


def _note_end(house: House, ended: int) -> None:
    house.counts["whole"] += ended == 0
    house.counts["refused"] += ended == REFUSED
    house.counts["strange_ends"] += ended not in (0, REFUSED)


# --- what stands there -------------------------------------------------------------------------------------------


def _judge(house: House, *, must_have_note: bool, with_service: bool = False) -> None:
    lines = house.out.read_bytes().splitlines(keepends=True)
    found = [one for line in lines if (one := _id_in(line)) is not None]
    ids, leaves = house.rows()
    counts = house.counts
    counts["partial_lines"] += len(lines) - len(found)
    counts["rows_double"] += len(found) - len(set(found))
    expected = ids[: max(len(found), house.largest)]
    counts["rows_missing"] += len(set(expected) - set(found)) + (found != ids[: len(found)])
    signed = _note(house)
    if signed is None:
        counts["wrong_notes" if must_have_note else "without_note"] += 1
    else:
        is_its_own = signed.size == len(lines) and signed.root == root_of(leaves[: signed.size])
        counts["wrong_notes"] += not is_its_own
    if with_service:
        verdict = verify_export(lines, signed)
        counts["wrong_notes"] += not verdict.ok or verdict.anchored != len(lines)
    if must_have_note:
        there = {file.name for file in house.out.parent.iterdir()}
        counts["left_behind"] += len(there - {house.out.name, f"{house.out.name}.checkpoint"})


def _id_in(line: bytes) -> str | None:
    """The record's id; None where this is no whole line."""
    try:
        return str(json.loads(line)["id"]) if line.endswith(b"\n") else None
    except ValueError:
        return None


def _note(house: House) -> Checkpoint | None:
    """The note that stands there; one that is torn or by another hand is wrong, whatever it says."""
    try:
        return verify_note(Path(f"{house.out}.checkpoint").read_text("utf-8"), house.verifier)
    except FileNotFoundError:
        return None
    except Doubtful:
        house.counts["wrong_notes"] += 1
        return None


def _peaks(count: int) -> tuple[int, int]:
    """The most KiB that a process held whose log has so many records, and ten times as many."""
    with exporting_house() as house:
        house.grow(count)
        short = _peak(house)
        house.grow(9 * count)
        return short, _peak(house)


def _peak(house: House) -> int:
    one = _start(house)
    held: int = one.told.recv()
    one.ended()
    return held
