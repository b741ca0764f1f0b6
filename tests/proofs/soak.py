"""Minutes of everything at once: a crowd writes and changes its mind while processes die, stop and wires fail.

Fault matrix C2 and F3. Half the time on SQLite, half on PostgreSQL. A manager of processes starts anew whatever ended;
the record system's ledger and the service's own list say in the end what became of every acknowledged version.
"""

import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from service.cli.demo_clinic import CLINIC
from service.settings import Settings
from service.wiring import wire
from service.workflow.audit_by_command import verify_clinic
from tests.killing.crowd import Crowd
from tests.killing.databases import a_database, a_server
from tests.killing.judge import is_sound, still_due
from tests.killing.newest_words import judge_words
from tests.killing.orders import Order
from tests.killing.proxy import Trouble
from tests.killing.stage import PATIENCE, Stage, stage
from tests.proofs.figures import Figures, at_least, exactly
from tests.strangers.patients import Stranger

DEFAULT_N = 600  # seconds
CI_N = 12
NEEDS = ("postgres",)

_PLACES = (("sqlite", "B"), ("postgresql", "A"))
_PATIENTS, _WRITERS = 50, 5
_LEASE, _QUIET = 130, 20 * 60


@dataclass
class Tally:
    """What was done to the processes and the wires, and what became of what was acknowledged."""

    done: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n seconds of it; every acknowledged entry stands in the record once, with its newest words, or on the list."""
    chance, tally, waits = random.Random(seed), Tally(), [0.0]
    with a_server() as server:
        for kind, rung in _PLACES:
            with _staged(kind, server, rung) as made:
                crowd = Crowd(made)
                _live(made, crowd, n / len(_PLACES), chance, tally)
                _settle(made)
                _judge(made, crowd, tally)
                waits.append(crowd.longest_wait)
                report(
                    f"{kind}, rung {rung}: {crowd.acknowledged} acknowledged, {dict(tally.done)}, {dict(crowd.answers)}"
                )
    broken = sum(tally.done.values())
    return Figures(
        planned=broken,
        injected=broken,
        counted={
            "seconds": n,
            **{name: tally.done[name] for name in ("kills", "stops", "cuts", "stalls")},
            "acknowledged": tally.found["acknowledged"],
            "amended": tally.found["amended"],
            "lost": tally.found["lost"],
            "duplicates": tally.found["duplicates"],
            "unmarked": tally.found["unmarked"],
            "misfiled": tally.found["misfiled"],
            "listed": tally.found["listed"],
            "unsound": tally.found["unsound"],
            "log_faults": tally.found["log_faults"],
            "max_wait_s": round(max(waits), 1),
        },
        bars={
            "kills": at_least(n // 10),
            "acknowledged": at_least(n),
            "amended": at_least(1),
            **{
                name: exactly(0)
                for name in ("lost", "duplicates", "unmarked", "misfiled", "unsound", "log_faults")
            },
        },
    )


@contextmanager
def _staged(kind: str, server: str, rung: str) -> Iterator[Stage]:
    patients = tuple(Stranger(f"patient-s-{number}") for number in range(_PATIENTS))
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        database, to_database = ending.enter_context(a_database(kind, server, folder))
        yield ending.enter_context(stage(folder, database, rung, patients, to_database))


def _live(made: Stage, crowd: Crowd, seconds: float, chance: random.Random, tally: Tally) -> None:
    """The crowd writes for so long, and then comes to its end; meanwhile the manager keeps starting what was ended."""
    ends, failed = threading.Event(), list[BaseException]()
    everybody = [Stranger(f"patient-s-{number}") for number in range(_PATIENTS)]

    def write(number: int, own: random.Random) -> None:
        try:
            crowd.write(everybody[number::_WRITERS], own, ends)
        except BaseException as error:
            failed.append(error)

    made.serve()
    threads = [
        threading.Thread(target=write, args=(number, random.Random(chance.random())))
        for number in range(_WRITERS)
    ]
    for one in threads:
        one.start()
    until, worker = time.monotonic() + seconds, made.worker(Order(stands_still=True))
    while any(one.is_alive() for one in threads):
        is_over = time.monotonic() >= until
        if is_over:
            ends.set()
        worker = _managed(made, worker)
        if not is_over:
            worker = _chaos(made, worker, chance, tally)
        time.sleep(chance.uniform(0.1, 0.5))
    for wire_ in made.wires:
        wire_.arm(None)
    worker.join(PATIENCE)
    tally.done["cuts"] += sum(one.cuts for one in made.wires)
    tally.done["stalls"] += sum(one.stalls for one in made.wires)
    if failed:
        raise failed[0]


def _managed(made: Stage, worker: Any) -> Any:
    """A server and a worker are there: whichever has ended is started again."""
    if made.server is None or not made.server.is_alive():
        made.end_server()
        made.serve()
    if worker.is_alive():
        return worker
    worker.join(PATIENCE)
    return made.worker(Order(stands_still=True))


def _chaos(made: Stage, worker: Any, chance: random.Random, tally: Tally) -> Any:
    """One of the faults, or none."""
    match chance.choice(("server", "worker", "stop", "wire", "wire", "none")):
        case "server" if made.server is not None:
            made.server.kill()
            made.server.join(PATIENCE)
            tally.done["kills"] += made.server.exitcode == -signal.SIGKILL
        case "worker":
            worker.kill()
            worker.join(PATIENCE)
            tally.done["kills"] += worker.exitcode == -signal.SIGKILL
        case "stop" if worker.is_alive():
            return _stopped(made, worker, tally)
        case "wire":
            trouble = Trouble(
                chance.choice(("asking", "answering")),
                chance.randint(1, 9000),
                0.5 if chance.random() < 0.3 else None,
            )
            chance.choice(made.wires).arm(trouble)
    return worker


def _stopped(made: Stage, worker: Any, tally: Tally) -> Any:
    """The worker sleeps past its lease while another one takes over, and then goes on; it may have ended meanwhile."""
    try:
        os.kill(worker.pid, signal.SIGSTOP)
    except ProcessLookupError:
        return worker
    made.pass_time(seconds=_LEASE)
    other = made.worker(Order(stands_still=True))
    other.join(PATIENCE)
    with suppress(ProcessLookupError):  # the signal to stop found it ending
        os.kill(worker.pid, signal.SIGCONT)
    tally.done["stops"] += 1
    return worker


def _settle(made: Stage) -> None:
    """The faults are over: workers go on, and time, until nothing is due any more."""
    made.end_server()
    made.serve()
    for _ in range(40):
        made.worker(Order()).join(PATIENCE * 3)
        if not still_due(made.place.database):
            made.end_server()
            return
        made.pass_time(seconds=_LEASE + _QUIET)
    raise RuntimeError(f"what is owed does not come to rest: {still_due(made.place.database)}")


def _judge(made: Stage, crowd: Crowd, tally: Tally) -> None:
    tally.found += judge_words(made.place.folder, made.place.database, crowd.entries)
    tally.found["acknowledged"] += crowd.acknowledged
    tally.found["unsound"] += not is_sound(made.place.database)
    tally.found["log_faults"] += not _log_is_whole(made)


def _log_is_whole(made: Stage) -> bool:
    folder = made.place.folder
    wiring = wire(
        Settings(
            public_url=f"http://127.0.0.1:{made.place.port}",
            folder=folder,
            clinics_file=folder / "clinics.toml",
            secrets_dir=folder / "secrets",
            database_url=SecretStr(made.place.database),
            mode="demo",
        )
    )
    try:
        return verify_clinic(wiring.desk, CLINIC).ok
    finally:
        wiring.stop()
