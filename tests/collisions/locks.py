"""Another program holds SQLite's file for itself, for longer or shorter than we wait (fault matrix F29)."""

import random
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.journal.problems import TooBusy
from service.store.engine import open_store
from service.store.migrating import upgrade
from service.store.writer import Writer
from tests.collisions.conflicts import KEPT, sent, told
from tests.store.builders import seal

LONGEST = 30.0  # seconds


def locks(wanted: int, longest: float, seed: int, report: Callable[[str], None]) -> Counter[str]:
    """So many locks of 0 to `longest` seconds, while two people press at once: locks, lock_kept, lock_refused.

    A false_saved was kept in somebody's ears and is not there; after each lock the next entry is kept again.
    """
    chance, said = random.Random(f"{seed}/locks"), list[tuple[str, str]]()
    with tempfile.TemporaryDirectory(prefix="locks-") as folder:
        file = Path(folder) / "journal.sqlite"
        upgrade(f"sqlite:///{file}")
        store = open_store(f"sqlite:///{file}", seal())
        writer = Writer(store)
        writer.start()
        for number in range(wanted):
            seconds = longest * (number + chance.random()) / wanted
            with _locked(file, seconds):
                said += _pressed_at_once(writer, number)
            healed = told(writer, sent(f"after-{number}", "p0"))
            said.append(healed)
            report(f"locks: {seconds:.1f} s, {said[-3:]}")
        writer.stop()
        store.close()
        with sqlite3.connect(file) as connection:
            there = {key for (key,) in connection.execute("SELECT key FROM entries")}
    kept = {key for key, answer in said if answer == KEPT}
    strange = {answer for _, answer in said} - {KEPT, TooBusy.__name__}
    unhealed = sum(key.startswith("after-") and answer != KEPT for key, answer in said)
    return Counter(
        locks=wanted,
        lock_kept=len(kept),
        lock_refused=len(said) - len(kept),
        false_saved=len(kept - there),
        false_refused=len(there - kept),
        unhealed=unhealed + len(strange),
    )


@contextmanager
def _locked(file: Path, seconds: float) -> Iterator[None]:
    """The file is another one's alone for so long."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(seconds, connection.rollback)
    release.start()
    yield
    release.join()
    connection.close()


def _pressed_at_once(writer: Writer, number: int) -> list[tuple[str, str]]:
    heard = list[tuple[str, str]]()
    pressing = [
        threading.Thread(target=lambda name=name: heard.append(told(writer, sent(f"{name}-{number}", name))))
        for name in ("p1", "p2")
    ]
    for one in pressing:
        one.start()
    for one in pressing:
        one.join()
    return heard
