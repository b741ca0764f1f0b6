"""Four worker processes claim from one PostgreSQL while their connections are killed at random (fault matrix F37).

Each notes, by the steady clock of the machine that all of them share, from when until when it believed a lane its own.
"""

import multiprocessing
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import Connection

from service.journal.problems import TooBusy
from service.store.deeds import (
    Deed,
    GuardFailed,
    LaneIsHeld,
    PostponeFiling,
    QueueFiling,
    ReleaseLane,
    SaveEntryVersion,
)
from service.store.engine import open_store
from service.store.filings import Claimed, HeldLane, claim_next
from service.store.writer import Writer
from service.workflow.leases import Leases
from tests.collisions.places import CLINIC, Place, a_place
from tests.store.builders import NOW, entry, filing, seal

_WORKERS, _PATIENTS = 4, 40
_LEASE = 2.0  # seconds: a lane whose claim nobody heard of is anybody's after that
_DROP = (
    "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
    "datname = current_database() AND backend_type = 'client backend' ORDER BY random() LIMIT 1) AS one"
)


@dataclass
class Hands:
    """What one worker had in hand: patient, fence, and from when until when; and how often it was told what."""

    spans: list[tuple[str, int, float, float]] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)


def claims(server: str, wanted: int, seed: int, report: Callable[[str], None]) -> Counter[str]:
    """So many claims by four processes; claims (by the lanes' own fences), dropped, fenced_off and double_owned.

    Double owned is a lane that two had in hand at once, a fence given out twice, or a settlement under an old fence.
    """
    with a_place(server) as place:
        _owe(place)
        with ProcessPoolExecutor(_WORKERS, multiprocessing.get_context("spawn")) as pool:
            share = -(-wanted // _WORKERS)
            begun = [pool.submit(work, place.url, f"worker-{one}", share) for one in range(_WORKERS)]
            dropped = _drop_at_random(place, begun, random.Random(f"{seed}/claims"), report)
        hands = [one.result() for one in begun]
        made, settled = (
            place.ask("SELECT sum(fence) FROM lanes"),
            place.ask("SELECT sum(attempts) FROM filings"),
        )
    told = sum((one.told for one in hands), Counter[str]())
    return Counter(
        claims=made,
        dropped=dropped,
        fenced_off=told["GuardFailed"],
        double_owned=_double(hands) + abs(settled - told["settled"]),
    )


def _owe(place: Place) -> None:
    store = open_store(place.url, seal())
    writer = Writer(store)
    writer.start()
    names = [f"p{number}" for number in range(_PATIENTS)]
    owed = [
        change
        for name in names
        for change in (
            SaveEntryVersion(entry(name, patient=name)),
            QueueFiling(filing(name, name, patient=name)),
        )
    ]
    writer.perform(Deed(CLINIC, changes=tuple(owed)))
    writer.stop()
    store.close()


def _drop_at_random(
    place: Place, begun: list[Future[Hands]], chance: random.Random, report: Callable[[str], None]
) -> int:
    dropped = 0
    while not all(one.done() for one in begun):
        time.sleep(chance.uniform(0.1, 0.6))
        dropped += place.ask(_DROP)
        if dropped % 100 == 0:
            report(f"claims: {place.ask('SELECT sum(fence) FROM lanes')} made, {dropped} connections dropped")
    return dropped


def work(url: str, owner: str, count: int) -> Hands:
    """One worker in a process of its own, until it has claimed so often. What it takes up is due again at once."""
    store, hands, leases = open_store(url, seal()), Hands(), Leases(_LEASE)
    writer = Writer(store)
    writer.start()
    while len(hands.spans) < count:
        began = time.monotonic()
        try:
            claimed = writer.run_alone(lambda connection: _claim(connection, owner, leases))
            if claimed is not None:
                _settle(writer, claimed, leases, began, hands)
        except (TooBusy, GuardFailed) as error:
            hands.told[type(error).__name__] += 1
    writer.stop()
    store.close()
    return hands


def _claim(connection: Connection, owner: str, leases: Leases) -> Claimed | None:
    over = lambda held: leases.over(CLINIC, held, time.monotonic())  # noqa: E731 - one line for one question
    return claim_next(
        connection, seal(), CLINIC, NOW + timedelta(days=1), timedelta(seconds=_LEASE), owner, over
    )


def _settle(writer: Writer, claimed: Claimed, leases: Leases, began: float, hands: Hands) -> None:
    owed, taken = claimed.filing, time.monotonic()
    until = leases.taken(CLINIC, HeldLane(owed.patient_id, claimed.fence), began)
    hands.spans.append((owed.patient_id, claimed.fence, taken, min(time.monotonic(), until)))
    again = PostponeFiling(owed.id, NOW + timedelta(seconds=claimed.fence), owed.attempts + 1, None)
    lane = LaneIsHeld(owed.patient_id, claimed.fence)
    writer.perform(Deed(CLINIC, (lane,), (again, ReleaseLane(owed.patient_id, claimed.fence))))
    hands.told["settled"] += 1


def _double(hands: list[Hands]) -> int:
    """Fences that two were given, and spans of one lane that overlap."""
    by_lane: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    for one in hands:
        for patient, fence, since, until in one.spans:
            by_lane[patient].append((fence, since, until))
    pairs = [pair for spans in by_lane.values() for pair in pairwise(sorted(spans))]
    return sum(earlier[0] == later[0] or later[1] < earlier[2] for earlier, later in pairs)
