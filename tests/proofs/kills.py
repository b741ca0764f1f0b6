"""Servers and workers are killed with SIGKILL at every step, and stopped past their lease: nothing is lost or doubled.

Fault matrix F1, F2, F4 and F8, on SQLite and on PostgreSQL, on every rung of the ladder. A kill counts only where the
operating system says that the process ended by that signal. What stands in the record is read from its ledger.
"""

import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.killing.crowd import Crowd
from tests.killing.databases import a_database, a_server
from tests.killing.judge import is_sound, still_due
from tests.killing.newest_words import judge_words
from tests.killing.orders import POINTS, STEPS, Order
from tests.killing.plan import at_place, planned
from tests.killing.proxy import Trouble, Way
from tests.killing.stage import PATIENCE, Stage, stage
from tests.proofs.figures import Figures, at_least, exactly
from tests.strangers.patients import INFUSIONS, Stranger

DEFAULT_N = 1000
CI_N = 16
NEEDS = ("postgres",)

_RUNGS = ("A", "B", "C", "D")
_BLIND = "D"
_CHANGES = 0.4  # so often something sent earlier is changed before the next entry is sent
_TRIES = 20
_STANDING_STILL = 0.08
_ON_THE_WIRE = 0.15
# Longer than a lease; and on rung C longer than the quiet window after it.
_LEASE, _QUIET = 130, 20 * 60


@dataclass
class Tally:
    """What the kills met, and what became of what clients were told."""

    found: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    pauses: int = 0
    cuts: int = 0
    stalls: int = 0


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n kills, shared among both databases and all rungs; the newest words are filed once, or on the list."""
    chance, tally = random.Random(seed), Tally()
    places = [(kind, rung) for kind in ("sqlite", "postgresql") for rung in _RUNGS]
    plan = planned(n, len(places))
    with a_server() as server:
        for number, (kind, rung) in enumerate(places):
            points = at_place(plan, number)
            with _staged(kind, server, rung, len(points)) as made:
                crowd, before = Crowd(made, partial(_start_anew, made)), Counter(tally.kills)
                _play(made, points, crowd, chance, tally)
                _settle(made)
                found = _judged(made, crowd)
            tally.found += found
            killed = (tally.kills - before).total()
            report(f"{kind}, rung {rung}: {killed} kills, {dict(found)}, {dict(crowd.answers)}")
    return _figures(n, tally, len(places))


def _start_anew(made: Stage) -> None:
    made.end_server()
    made.serve()


def _judged(made: Stage, crowd: Crowd) -> Counter[str]:
    """`stuck` counts what waits for a person although its rung can tell what became of it."""
    found = judge_words(made.place.folder, made.place.database, crowd.entries)
    found["acknowledged"] = crowd.acknowledged
    found["sound"] = is_sound(made.place.database)
    if made.place.rung == _BLIND:
        found["unmarked"] = 0  # nothing is marked where nothing tells which document it is
    else:
        found["stuck"] = found["listed"]
    return found


def _figures(n: int, tally: Tally, places: int) -> Figures:
    steps = {step.lower(): tally.kills[step] for step in STEPS}
    wrongs = ("stuck", "unmarked", "misfiled", "lost", "duplicates")
    return Figures(
        planned=n,
        injected=tally.kills.total(),
        counted={
            "kills": tally.kills.total(),
            "acknowledged": tally.found["acknowledged"],
            "amended": tally.found["amended"],
            "of_the_server": sum(tally.kills[point] for point in POINTS),
            **steps,
            "pauses": tally.pauses,
            "cuts": tally.cuts,
            "stalls": tally.stalls,
            "parked": tally.found["listed"],
            **{name: tally.found[name] for name in wrongs},
            "sound": tally.found["sound"],
        },
        bars={
            "kills": at_least(n),
            "acknowledged": at_least(n),
            "amended": at_least(n // 10),
            # A fair share at each step; those of the server have theirs.
            **{step: at_least(max(n // 20, min(n // 13, 1))) for step in steps},
            **{name: exactly(0) for name in wrongs},
            "sound": exactly(places),
        },
    )


@contextmanager
def _staged(kind: str, server: str, rung: str, share: int) -> Iterator[Stage]:
    patients = tuple(Stranger(f"patient-k-{number}") for number in range(share // 2 + 4))
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="kills-")))
        database, wire = ending.enter_context(a_database(kind, server, folder))
        yield ending.enter_context(stage(folder, database, rung, patients, wire))


def _play(made: Stage, points: list[str], crowd: Crowd, chance: random.Random, tally: Tally) -> None:
    entries = _entries(crowd, chance)
    made.serve()
    for point in points:
        _kill_at(made, point, entries, chance, tally)
        if chance.random() < _STANDING_STILL:
            next(entries)
            _stand_still(made, chance, tally)
        if chance.random() < _ON_THE_WIRE:
            _trouble_the_wire(made, entries, chance)
    tally.cuts += sum(wire.cuts for wire in made.wires)
    tally.stalls += sum(wire.stalls for wire in made.wires)


def _kill_at(made: Stage, point: str, entries: Iterator[None], chance: random.Random, tally: Tally) -> None:
    """One kill at this point; a process that ended without coming there is followed by another.

    RuntimeError where none ever came there.
    """
    before = tally.kills[point]
    for _ in range(_TRIES):
        next(entries)
        if point in POINTS:
            _kill_server(made, point, entries, chance, tally)
        else:
            _kill_worker(made, point, chance, tally)
        if tally.kills[point] > before:
            return
    raise RuntimeError(f"no process came to {point}")


def _trouble_the_wire(made: Stage, entries: Iterator[None], chance: random.Random) -> None:
    """A connection is cut or stands still while an entry comes and is filed: to the record system or the database."""
    wire = chance.choice(made.wires)
    ways: tuple[Way, ...] = ("asking", "answering")
    stalls = 0.5 if chance.random() < 0.3 else None
    wire.arm(Trouble(chance.choice(ways), chance.randint(1, 9000), stalls))
    next(entries)
    made.worker(Order()).join(PATIENCE)
    wire.arm(None)
    made.pass_time(seconds=_LEASE)


def _entries(crowd: Crowd, chance: random.Random) -> Iterator[None]:
    """Each step sends one more entry or changes an earlier one, again and again until that is acknowledged."""
    for number in range(10_000):
        if crowd.entries and chance.random() < _CHANGES:
            crowd.amend(chance.choice(crowd.entries))
            yield
        crowd.send(Stranger(f"patient-k-{number // INFUSIONS}"), number % INFUSIONS + 1, chance)
        yield


def _kill_server(
    made: Stage, point: str, entries: Iterator[None], chance: random.Random, tally: Tally
) -> None:
    """The server dies while it takes the next entry; another one takes it, under the same key (F1)."""
    made.end_server()
    doomed = made.serve(Order(point, visit=chance.randint(1, 6) if point == "statement" else 1))
    next(entries)
    made.server = made.server if made.server is not doomed else doomed
    doomed.join(PATIENCE if doomed is not made.server else 0)
    tally.kills[point] += doomed.exitcode == -signal.SIGKILL and doomed is not made.server


def _kill_worker(made: Stage, step: str, chance: random.Random, tally: Tally) -> None:
    """A worker dies at a step; after its lease the next ones go on where it was (F2)."""
    worker = made.worker(Order() if step == "K6" else Order(step))
    made.to_kill = worker.pid if step == "K6" else None
    worker.join(PATIENCE)
    made.to_kill = None
    tally.kills[step] += worker.exitcode == -signal.SIGKILL
    made.pass_time(seconds=_LEASE + (_QUIET if chance.random() < 0.5 else 0))


def _stand_still(made: Stage, chance: random.Random, tally: Tally) -> None:
    """A worker stands still past its lease while another takes its work over, and then goes on (F4)."""
    sleeper = made.worker(Order(chance.choice(STEPS[1:6]), stands_still=True))
    if not _stands(sleeper):
        return
    made.pass_time(seconds=_LEASE)
    made.worker(Order(stands_still=True)).join(PATIENCE)
    _go_on(sleeper)
    tally.pauses += 1


def _settle(made: Stage) -> None:
    """The faults are over: workers go on, and time, until nothing is due any more."""
    made.end_server()
    made.serve()  # the record system asks it for the worker's public key
    for _ in range(40):
        made.worker(Order()).join(PATIENCE)
        if not still_due(made.place.database):
            return
        made.pass_time(seconds=_LEASE + _QUIET)
    raise RuntimeError(f"what is owed does not come to rest: {still_due(made.place.database)}")


def _stands(sleeper: Any) -> bool:
    """Wait until the process stands still; False where it ended instead, having had nothing to do."""
    for _ in range(int(PATIENCE * 20)):
        if not sleeper.is_alive():
            return False
        if Path(f"/proc/{sleeper.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return True
        time.sleep(0.05)
    raise RuntimeError("a worker neither stands nor ends")


def _go_on(sleeper: Any) -> None:
    os.kill(sleeper.pid, signal.SIGCONT)
    sleeper.join(PATIENCE)
