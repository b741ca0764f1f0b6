"""A client's assertion is good once, though four processes are shown it at the same moment.

Our own export base and the sandbox's authorization server each keep what was used in their database: n assertions are
spent by every process in the same order, each process waiting at each of them for the others (T18).
"""

import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

from service.sandbox.client_keys import SpentAssertions
from service.sandbox.database import Database
from service.store import audit_trail, client_tokens
from service.store.client_tokens import ClientToken, SpentAssertion
from service.store.engine import open_store
from service.store.migrating import upgrade
from service.store.writer import Writer
from tests.proofs.figures import Figures, at_least, exactly
from tests.store.builders import CLINIC, NOW, record, seal

DEFAULT_N = 500
CI_N = 60

_PROCESSES = 4
_PATIENCE = 120
_ENDS = NOW + timedelta(minutes=5)
_together: list[Barrier] = []


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n assertions at each of the two servers, each shown by four processes at one moment."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="proof-replays-") as name:
        url, sandbox = f"sqlite:///{Path(name) / 'journal.sqlite'}", Path(name) / "sandbox.sqlite"
        upgrade(url)
        Database(sandbox).close()
        with ProcessPoolExecutor(_PROCESSES, context, _begin, (context.Barrier(_PROCESSES),)) as pool:
            ours = list(pool.map(_spend_ours, [url] * _PROCESSES, [n] * _PROCESSES, range(_PROCESSES)))
            report(f"{n} assertions shown to us by {_PROCESSES} processes")
            theirs = list(pool.map(_spend_theirs, [sandbox] * _PROCESSES, [n] * _PROCESSES))
        remembered = _remembered(url)
    granted = [Counter(one for said in each for one in said) for each in (ours, theirs)]
    counts = [[each[number] for number in range(n)] for each in granted]
    shown = 2 * n * _PROCESSES
    return Figures(
        planned=shown,
        injected=shown,
        counted={
            "assertions": 2 * n,
            "replays": shown - 2 * n,
            "accepted_twice": sum(one > 1 for each in counts for one in each),
            "never_accepted": sum(one == 0 for each in counts for one in each),
            "won_by": sum(bool(said) for each in (ours, theirs) for said in each),
            "remembered": remembered,
        },
        bars={
            "replays": at_least(n * 6),
            "accepted_twice": exactly(0),
            "never_accepted": exactly(0),
            # Were one process always first, they would not have come at the same moment.
            "won_by": at_least(4),
            "remembered": exactly(n),
        },
    )


def _begin(together: Barrier) -> None:
    """In each process, before anything is asked of it."""
    _together.append(together)


def _spend_ours(url: str, n: int, process: int) -> list[int]:
    """Which assertions this process was given a token for."""
    store = open_store(url, seal())
    writer = Writer(store)
    writer.start()
    try:
        return [number for number in range(n) if _is_given(writer, number, process)]
    finally:
        writer.stop()
        store.close()


def _is_given(writer: Writer, number: int, process: int) -> bool:
    shown = SpentAssertion("siem", f"jti-{number}", _ENDS)
    given = ClientToken(f"digest-{number}-{process}", "siem", "system/AuditEvent.rs", _ENDS)
    remembered = replace(record(None), id=f"record-{number}-{process}")
    _together[0].wait(_PATIENCE)
    return writer.run_alone(
        lambda connection: client_tokens.spend(connection, CLINIC, shown, given, remembered, NOW)
    )


def _spend_theirs(path: Path, n: int) -> list[int]:
    """The same at the sandbox."""
    database = Database(path)
    spent = SpentAssertions(database, lambda: NOW)
    found = []
    try:
        for number in range(n):
            _together[0].wait(_PATIENCE)
            if spent.spend("siem", f"jti-{number}", int(_ENDS.timestamp())):
                found.append(number)
    finally:
        database.close()
    return found


def _remembered(url: str) -> int:
    """How many grants the log knows."""
    store = open_store(url, seal())
    try:
        return audit_trail.count(store, CLINIC)
    finally:
        store.close()
