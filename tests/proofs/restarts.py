"""The server is told to end, again and again, while a crowd writes: it ends in time, and nobody's words end with it.

Fault matrix F6. The server is the one that `serve` starts, with its worker inside. What it answers is
never a failure; a connection that is refused or reset is made again under the same key, as every client's is.
"""

import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.killing.crowd import Crowd
from tests.killing.judge import is_sound, judge
from tests.killing.served import served
from tests.killing.stage import Stage, stage
from tests.proofs.figures import Figures, at_least, at_most, exactly
from tests.strangers.patients import Stranger

DEFAULT_N = 50
CI_N = 2

_PATIENTS, _WRITERS = 60, 4
_SETTLES_WITHIN = 120.0
_REFUSED, _RESET = "ConnectError", ("ReadError", "RemoteProtocolError")


@dataclass
class Tally:
    """How each end went."""

    restarts: int = 0
    strange_ends: int = 0
    longest_stop: float = 0.0
    failed: list[BaseException] = field(default_factory=list)


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n restarts; every one ends by itself with 0, and every acknowledged entry is filed once."""
    chance, tally = random.Random(seed), Tally()
    patients = tuple(Stranger(f"patient-s-{number}") for number in range(_PATIENTS))
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="restarts-")))
        made = ending.enter_context(stage(folder, f"sqlite:///{folder / 'journal.sqlite'}", "B", patients))
        # Each request on a connection of its own: one that lies idle says nothing about the one that is asked next.
        made.http = ending.enter_context(
            httpx2.Client(trust_env=False, timeout=30.0, headers={"Connection": "close"})
        )
        crowd = Crowd(made)
        _restart(made, crowd, patients, n, chance, tally)
        verdict = judge(folder, made.place.database, crowd.known)
        sound = is_sound(made.place.database)
    report(f"{dict(crowd.answers)}")
    answered = ("200", "201", "412", _REFUSED, *_RESET)
    failed = sum(count for name, count in crowd.answers.items() if name not in answered)
    return Figures(
        planned=n,
        injected=tally.restarts,
        counted={
            "restarts": tally.restarts,
            "acknowledged": crowd.acknowledged,
            "refused": crowd.answers[_REFUSED],
            "reset": sum(crowd.answers[one] for one in _RESET),
            "failed_requests": failed,
            "strange_ends": tally.strange_ends,
            "max_stop_s": round(tally.longest_stop, 1),
            "lost": verdict.lost,
            "duplicates": verdict.duplicates,
            "sound": int(sound),
        },
        bars={
            "acknowledged": at_least(n),
            "failed_requests": exactly(0),
            "strange_ends": exactly(0),
            "max_stop_s": at_most(25),
            "lost": exactly(0),
            "duplicates": exactly(0),
            "sound": exactly(1),
        },
    )


def _restart(
    made: Stage, crowd: Crowd, patients: tuple[Stranger, ...], n: int, chance: random.Random, tally: Tally
) -> None:
    ends = threading.Event()

    def write(number: int, own: random.Random) -> None:
        try:
            crowd.write(list(patients[number::_WRITERS]), own, ends)
        except BaseException as error:
            tally.failed.append(error)

    service = served(made)
    threads = [
        threading.Thread(target=write, args=(number, random.Random(chance.random())))
        for number in range(_WRITERS)
    ]
    for one in threads:
        one.start()
    for _ in range(n):
        time.sleep(chance.uniform(1.0, 3.0))
        _end(service, tally)
        service = served(made)
    ends.set()
    for one in threads:
        one.join()
    crowd.wait_until_filed(_SETTLES_WITHIN)
    _end(service, Tally())
    if tally.failed:
        raise tally.failed[0]


def _end(service: subprocess.Popen[bytes], tally: Tally) -> None:
    began = time.monotonic()
    service.send_signal(signal.SIGTERM)
    code = service.wait(60)
    tally.restarts += 1
    tally.strange_ends += code != 0
    tally.longest_stop = max(tally.longest_stop, time.monotonic() - began)
