"""The record system is away for three days while people go on writing; once it is back, all they were told is filed.

Fault matrix F60, half on SQLite and half on PostgreSQL: four workers each, over the real claims and deeds; now and then
an answer is lost. The record system's ledger says what became of each version, and when. The PDF is a stand-in.
"""

import multiprocessing
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from service.cli.demo_clinic import CLINIC
from service.journal.entries import FilingState
from service.journal.problems import TooBusy
from service.store.row_security import whole_clinic
from service.store.tables import filings
from service.workflow.audit_by_command import verify_clinic
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import Desk
from tests.delivery.ledger import Ledger
from tests.killing.databases import a_database, a_server
from tests.proofs.backlog_house import House, Owed, house
from tests.proofs.figures import Figures, at_least, at_most, exactly

DEFAULT_N = 100_000
CI_N = 300
NEEDS = ("postgres",)

_WORKERS = 4
_CUT_EVERY = 97
_DAYS, _STEP, _PAUSE = 3, 7200.0, 600.0
_MOST_ROUNDS = 500
_FEWEST_MEASURED = 50
_WRONGS = ("lost", "duplicates", "misordered", "unmarked", "unsettled", "log_faults")


@dataclass(frozen=True, slots=True)
class _Drained:
    """What one database's backlog came to: what was found how often, and documents a second at first and in the end."""

    found: Counter[str]
    first: float
    last: float
    seconds: float


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n versions owed; each is filed once, an entry's in their order, the last tenth about as fast as the first."""
    shares = {"sqlite": n // 2, "postgresql": n - n // 2}
    with ProcessPoolExecutor(len(shares), multiprocessing.get_context("spawn")) as pool:
        begun = {kind: pool.submit(_drained, kind, share, seed) for kind, share in shares.items()}
    drained = {kind: one.result() for kind, one in begun.items()}
    for kind, one in drained.items():
        report(f"{kind}: {dict(one.found)}, {one.first:.0f} a second at first and {one.last:.0f} in the end")
    found = sum((one.found for one in drained.values()), Counter[str]())
    return Figures(
        planned=n,
        injected=found["owed"],
        counted={
            **{name: found[name] for name in ("filed", "cut", "calls_while_away", *_WRONGS)},
            **{f"drain_rate_per_s_{kind}": shares[kind] / one.seconds for kind, one in drained.items()},
            "rate_last_tenth_ratio": min(one.last / one.first for one in drained.values()),
        },
        bars={
            "filed": exactly(n),
            "cut": at_least(1),
            "calls_while_away": at_most(len(shares) * _WORKERS * _DAYS * 24 * 2),
            **{name: exactly(0) for name in _WRONGS},
            "rate_last_tenth_ratio": at_least(0.5),
        },
    )


def _drained(kind: str, share: int, seed: int) -> _Drained:
    """This database's part, in a process of its own."""
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="backlog-")))
        server = ending.enter_context(a_server()) if kind == "postgresql" else ""
        url, _ = ending.enter_context(a_database(kind, server, folder))
        made = ending.enter_context(house(folder, url if server else None, _WORKERS, _CUT_EVERY))
        owed = _owed_while_away(made, share, Random(f"{seed}/{kind}"))
        made.there.is_away = False
        _drain(made)
        return _judged(made, owed)


def _owed_while_away(made: House, share: int, chance: Random) -> list[Owed]:
    """Three days, two hours at a time: people go on sending, and the workers ask whether it is back."""
    steps = int(_DAYS * 86_400 / _STEP)
    owed: list[Owed] = []
    for step in range(1, steps + 1):
        count = share * step // steps - len(owed)
        if count:
            owed += made.owe(len(owed), count, chance)
        made.time.pass_by(_STEP)
        for desk in made.desks:
            _worked(desk, f"worker-{step}", threading.Event())
    made.gather_statistics()
    return owed


def _drain(made: House) -> None:
    """Let all workers work until none finds anything, again and again, until nothing is due any more."""
    for _ in range(_MOST_ROUNDS):
        _all_work(made.desks)
        if not _in_state(made.desks[0], FilingState.DUE):
            return
        made.time.pass_by(_PAUSE)


def _all_work(desks: Sequence[Desk]) -> None:
    ended = threading.Event()
    with ThreadPoolExecutor(len(desks)) as pool:
        rounds = [pool.submit(_worked, desk, f"drain-{number}", ended) for number, desk in enumerate(desks)]
    for one in rounds:
        one.result()


def _worked(desk: Desk, owner: str, ended: threading.Event) -> None:
    """One worker's loop, until there is nothing for it to do."""
    try:
        while not ended.is_set():
            try:
                if not deliver_next(desk, CLINIC, owner):
                    return
            except TooBusy:
                continue
    except BaseException:
        ended.set()
        raise


def _judged(made: House, owed: list[Owed]) -> _Drained:
    times = made.there.made_at
    window = max(len(times) // 10, min(_FEWEST_MEASURED, len(times) // 2))
    found = _ledgers(made.there.ledger, owed)
    desk = made.desks[0]
    found |= Counter(
        cut=made.there.cuts,
        calls_while_away=made.there.calls_away,
        filed=_in_state(desk, FilingState.FILED),
        unsettled=len(owed) - _in_state(desk, FilingState.FILED),
        log_faults=int(not verify_clinic(desk, CLINIC).ok),
    )
    return _Drained(
        found,
        first=window / (times[window] - times[0]),
        last=window / (times[-1] - times[-1 - window]),
        seconds=times[-1] - times[0],
    )


def _ledgers(ledger: Ledger, owed: list[Owed]) -> Counter[str]:
    """What the record system's own book says of what was owed."""
    place = {identifier: at for at, identifier in enumerate(_made(ledger))}
    times = Counter(_made(ledger))
    standing = {one for doc in ledger.standing() if doc["status"] == "current" for one in _names(doc)}
    by_entry: dict[str, list[Owed]] = {}
    for one in owed:
        by_entry.setdefault(one.entry, []).append(one)
    pairs = [pair for versions in by_entry.values() for pair in pairwise(versions)]
    return Counter(
        owed=len(owed),
        lost=sum(times[one.identifier] == 0 for one in owed),
        duplicates=sum(max(times[one.identifier] - 1, 0) for one in owed),
        misordered=sum(place.get(a.identifier, 0) >= place.get(b.identifier, 0) for a, b in pairs),
        unmarked=sum(earlier.identifier in standing for earlier, _ in pairs),
    )


def _made(ledger: Ledger) -> list[str]:
    return [name for line in ledger.lines if line.made for name in _names(line.resource)]


def _names(resource: dict[str, list[dict[str, str]]]) -> list[str]:
    return [one["value"] for one in resource["identifier"]]


def _in_state(desk: Desk, state: FilingState) -> int:
    these = select(func.count()).where(filings.c.clinic == CLINIC, filings.c.state == state.value)
    with desk.store.asking(whole_clinic(CLINIC)) as connection:
        return connection.scalar(these) or 0
