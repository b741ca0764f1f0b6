"""The server runs out of file handles, memory, room in its files or threads, or is killed, while people write by form.

Each person gets a page that says "later" and has their words in it, or no answer at all, and then the page with the
form stands where it was; nothing is half written, and the server comes back by itself (fault matrix F7). The limits
are set from outside on the process that answers, and taken back; it is the server that `serve` starts.
"""

import os
import random
import resource
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.killing.served import THREADS
from tests.killing.stage import Stage, stage
from tests.killing.starving import WRONGS, Server, Tally, Way, Writer, starve
from tests.proofs.figures import Figures, at_least, exactly
from tests.strangers.patients import Stranger

DEFAULT_N = 50
CI_N = 5

_PEOPLE = 6
_LONG = "🌊" * 40_000  # half a megabyte on the wire: more than a process has lying about that has just begun


def _limit(kind: int) -> Way:
    """Nothing more of this kind; what the process has it keeps."""

    @contextmanager
    def limited(pid: int, made: Stage) -> Iterator[None]:
        before = resource.prlimit(pid, kind)
        resource.prlimit(pid, kind, (0, before[1]))
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, kind, before)

    return limited


@contextmanager
def _every_thread(pid: int, made: Stage) -> Iterator[None]:
    """More half-sent requests than there are threads, which say nothing further."""
    with ExitStack() as open_:
        for _ in range(2 * THREADS):
            half = open_.enter_context(socket.create_connection(("127.0.0.1", made.place.port)))
            half.sendall(b"POST /health/ready HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
        yield


@contextmanager
def _killed(pid: int, made: Stage) -> Iterator[None]:
    """As by the system, when the machine has no memory left."""
    killing = threading.Timer(0.02, lambda: os.kill(pid, signal.SIGKILL))
    killing.start()
    yield
    killing.join()


WAYS: dict[str, Way] = {
    "memory": _limit(resource.RLIMIT_AS),
    "handles": _limit(resource.RLIMIT_NOFILE),
    "room": _limit(resource.RLIMIT_FSIZE),
    "threads": _every_thread,
    "killed": _killed,
}


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n times one of the ways, in turn, with every person sending a page meanwhile."""
    chance, tally = random.Random(seed), Tally()
    patients = tuple(Stranger(f"patient-s-{number}") for number in range(_PEOPLE))
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="exhaustion-")))
        made = ending.enter_context(stage(folder, f"sqlite:///{folder / 'journal.sqlite'}", "B", patients))
        server = Server(made)
        ending.callback(server.end)
        people = [Writer(made, one) for one in patients]
        for one in people:
            ending.callback(one.close)
        for number in range(n):
            name = list(WAYS)[number % len(WAYS)]
            words = f"{number} {chance.random()}{_LONG if name == 'memory' else ''}"
            starve(server, people, name, WAYS[name], words, tally)
    for name, times in sorted(tally.answers.items()):
        report(f"{name}: {times}")
    return Figures(
        planned=n,
        injected=tally.starved,
        counted={
            "ways": len(WAYS),
            "answers": sum(tally.answers.values()),
            "replaced": tally.replaced,
            "started_anew": server.started_anew,
            "refused": sum(times for name, times in tally.answers.items() if not name.endswith("taken")),
            **{wrong: tally.wrongs[wrong] for wrong in WRONGS},
            "longest_recovery_s": round(tally.longest, 1),
        },
        bars={
            "answers": exactly(n * _PEOPLE),
            "refused": at_least(n),
            "replaced": at_least(2 * (n // len(WAYS))),
            **dict.fromkeys(WRONGS, exactly(0)),
        },
    )
