"""The disk fails under a serving service while people write: nothing is acknowledged that is not on it.

Every sync of the server's files fails, or some do; every write says that the disk is full, broken or read only, or
some do. The faults are raised below SQLite, in the system's library, by libfiu. Beside the people, apps send entries
and change them all the time. Where every sync fails no page may be taken: so a receipt waits for the disk (faults
F30 and F31, fault matrix section 3).
"""

import errno
import random
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.killing.crowd import Crowd
from tests.killing.judge import is_sound, judge
from tests.killing.stage import Stage, stage
from tests.killing.starving import WRONGS, Server, Tally, Way, Writer, starve
from tests.proofs.figures import Figures, at_least, exactly
from tests.strangers.patients import Stranger

DEFAULT_N = 60
CI_N = 8
NEEDS = ("libfiu",)

_PEOPLE, _APPS = 4, 4
_SETTLES_WITHIN = 120.0
_LONG = "🌊" * 10_000  # so that the log of SQLite is copied into its file now and then
_LIBRARIES = " ".join(f"/usr/lib/fiu/fiu_{name}_preload.so" for name in ("run", "posix"))
_ALL_SYNCS_FAIL = "every sync fails"


def _fault(point: str, number: int, share: float = 1.0) -> Way:
    """This call of the system fails with this number: always, or so large a share of the times."""
    how = f"failinfo={number}" if share == 1 else f"failinfo={number},probability={share}"
    enable = f"{'enable' if share == 1 else 'enable_random'} name={point},{how}"

    @contextmanager
    def failing(pid: int, made: Stage) -> Iterator[None]:
        _tell(made, pid, enable)
        try:
            yield
        finally:
            if Path(f"/proc/{pid}").exists():
                _tell(made, pid, f"disable name={point}")

    return failing


def _tell(made: Stage, pid: int, command: str) -> None:
    subprocess.run(
        ["fiu-ctrl", "-f", _pipes(made), "-c", command, str(pid)],
        check=True,
        capture_output=True,
        timeout=20,
    )


def _pipes(made: Stage) -> str:
    return str(made.place.folder / "fiu")


_SYNC, _WRITE = "posix/io/sync/fdatasync", "posix/io/rw/pwrite"
WAYS: dict[str, Way] = {
    _ALL_SYNCS_FAIL: _fault(_SYNC, errno.EIO),
    "the disk is full": _fault(_WRITE, errno.ENOSPC),
    "every write fails": _fault(_WRITE, errno.EIO),
    "the disk is read only": _fault(_WRITE, errno.EROFS),
    "some syncs fail": _fault(_SYNC, errno.EIO, 0.3),
    "the disk is nearly full": _fault(_WRITE, errno.ENOSPC, 0.1),
    "some writes fail": _fault(_WRITE, errno.EIO, 0.1),
    "the quota is used up": _fault(_WRITE, errno.EDQUOT, 0.5),
}


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n times one of the faults, in turn; whoever looks after the server starts it anew where it says so."""
    chance, tally, ends = random.Random(seed), Tally(), threading.Event()
    people = tuple(Stranger(f"patient-s-{number}") for number in range(_PEOPLE))
    senders = tuple(Stranger(f"patient-t-{number}") for number in range(_APPS * 5))
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="disks-")))
        made = ending.enter_context(
            stage(folder, f"sqlite:///{folder / 'journal.sqlite'}", "B", people + senders)
        )
        server = Server(made, {"LD_PRELOAD": _LIBRARIES, "FIU_CTRL_FIFO": _pipes(made)})
        ending.callback(server.end)
        writers = [Writer(made, one) for one in people]
        for one in writers:
            ending.callback(one.close)
        crowd = Crowd(made)
        apps = [
            threading.Thread(
                target=crowd.write, args=(list(senders[at::_APPS]), random.Random(chance.random()), ends)
            )
            for at in range(_APPS)
        ]
        ending.callback(ends.set)
        for one in apps:
            one.start()
        for number in range(n):
            name = list(WAYS)[number % len(WAYS)]
            starve(server, writers, name, WAYS[name], f"{number} {chance.random()} {_LONG}", tally)
        ends.set()
        for one in apps:
            one.join()
        crowd.wait_until_filed(_SETTLES_WITHIN)
        verdict = judge(folder, made.place.database, crowd.known)
        sound = is_sound(made.place.database)
    for name, times in sorted(tally.answers.items()):
        report(f"{name}: {times}")
    report(f"apps: {dict(crowd.answers)}")
    return Figures(
        planned=n,
        injected=tally.starved,
        counted={
            "ways": len(WAYS),
            "answers": sum(tally.answers.values()),
            "refused": sum(times for name, times in tally.answers.items() if not name.endswith("taken")),
            "started_anew": server.started_anew,
            "acknowledged": crowd.acknowledged,
            "taken_without_sync": tally.answers[f"{_ALL_SYNCS_FAIL}: taken"],
            "acknowledged_lost": verdict.lost,
            "duplicates": verdict.duplicates,
            "sound": int(sound),
            **{wrong: tally.wrongs[wrong] for wrong in WRONGS},
            "longest_recovery_s": round(tally.longest, 1),
        },
        bars={
            "answers": exactly(n * _PEOPLE),
            "refused": at_least(n),
            "acknowledged": at_least(n),
            "taken_without_sync": exactly(0),
            "acknowledged_lost": exactly(0),
            "duplicates": exactly(0),
            "sound": exactly(1),
        }
        | dict.fromkeys(WRONGS, exactly(0)),
    )
