"""The database server dies under load, its follower takes over, the old one comes back; nothing acknowledged is lost.

Fault matrix F33: two real servers with synchronous replication; the service reaches whichever leads by one address.
Apps send and read their receipts at once, a worker delivers. Where a process of ours stops because nobody can tell what
became of a commit, it is started again, as whoever runs it does.
"""

import gc
import random
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from service.journal.problems import TooBusy
from service.store.migrating import upgrade
from service.store.writer import Writer
from service.summary.rendering import Limits, RenderingChild
from service.web.guards import WIRING
from service.workflow.audit_by_command import verify_clinic
from service.workflow.deliver_entry import deliver_next
from tests.factories import keyed, response
from tests.killing.meanwhile import meanwhile
from tests.killing.replicas import Pair, a_pair
from tests.people import App, app_of
from tests.proofs.figures import Figures, at_least, exactly
from tests.web.changing import SCOPE
from tests.workflow.filing import every_document
from tests.world import CLINIC, World, copy_world, make_template, start

DEFAULT_N = 20
CI_N = 2
NEEDS = ("postgres",)

_QR = "QuestionnaireResponse"
_PATIENTS = ("patient-six-done", "patient-eight-done", "patient-in-progress")
_HEALS_WITHIN = 60.0
_ROUNDS = 12


@dataclass
class Tally:
    """What apps were told: the ids of what was acknowledged by its key, and how often what was found."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    turn: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str) -> None:
        """One more of these."""
        with self.turn:
            self.counts[what] += 1


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n failovers; what was acknowledged is there on the new leader at once, and in the record system once."""
    chance, tally = random.Random(seed), Tally()
    with capture_logs(), _left_to_be_collected(), a_pair() as pair, _world(pair) as world:
        with _load(world, chance, tally):
            for number in range(1, n + 1):
                _fail_over(world, pair, chance, tally)
                report(f"failover {number} of {n}: {len(tally.acknowledged)} sent, {dict(tally.counts)}")
        _healed(world, tally)
        for _ in range(_ROUNDS):  # leases of claims that nobody heard of end, what was put off is due
            world.clock.pass_time(minutes=10)
            world.deliver()
        lost = sum(not _is_kept(world, id_) for id_ in tally.acknowledged.values())
        log_is_whole = verify_clinic(world.desk, CLINIC).ok
        filed = Counter(one["identifier"][0]["value"] for one in every_document(world))
    unfiled = sum(filed[f"urn:uuid:{key}"] == 0 for key in tally.acknowledged)
    return Figures(
        planned=n,
        injected=tally.counts["failovers"],
        counted={
            "acknowledged": len(tally.acknowledged),
            "turned_away": tally.counts["turned_away"],
            "restarts": tally.counts["restarts"],
            "lost": lost,
            "stale_receipts": tally.counts["stale"],
            "unfiled": unfiled,
            "duplicates": sum(count - 1 for count in filed.values() if count > 1),
            "strange_answers": tally.counts["strange"],
            "unhealed": tally.counts["unhealed"],
            "log_faults": int(not log_is_whole),
        },
        bars={
            "acknowledged": at_least(n),
            "turned_away": at_least(1),
            "lost": exactly(0),
            "stale_receipts": exactly(0),
            "unfiled": exactly(0),
            "duplicates": exactly(0),
            "strange_answers": exactly(0),
            "unhealed": exactly(0),
            "log_faults": exactly(0),
        },
    )


@contextmanager
def _left_to_be_collected() -> Iterator[None]:
    """A connection whose server dies while the pool still greets it is closed by nobody but the garbage collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def _fail_over(world: World, pair: Pair, chance: random.Random, tally: Tally) -> None:
    time.sleep(chance.uniform(0.1, 0.8))
    led = pair.leads
    pair.fail_over()
    tally.counts["failovers"] += pair.leads is not led
    time.sleep(chance.uniform(0.1, 0.8))
    pair.come_back()
    _healed(world, tally)


def _healed(world: World, tally: Tally) -> None:
    """Wait until something new is taken again; a process whose writer has stopped is started anew."""
    deadline = time.monotonic() + _HEALS_WITHIN
    while time.monotonic() < deadline:
        if not world.desk.writer.is_alive:
            tally.count("restarts")
            _start_anew(world)
        if _send(world, app_of(world, _PATIENTS[0], scope=SCOPE), _PATIENTS[0], tally, str(uuid4())):
            return
        time.sleep(0.1)
    tally.count("unhealed")


def _start_anew(world: World) -> None:
    writer = Writer(world.desk.store)
    writer.start()
    world.wiring = replace(world.wiring, desk=replace(world.desk, writer=writer))
    world.app.extensions[WIRING] = world.wiring


def _load(world: World, chance: random.Random, tally: Tally) -> AbstractContextManager[None]:
    """While the block runs each patient's app sends, and a worker delivers."""

    def send_on(patient: str, ids: random.Random, ends: threading.Event) -> None:
        while not ends.is_set():
            key = str(UUID(int=ids.getrandbits(128), version=4))
            while (
                not _send(world, app_of(world, patient, scope=SCOPE), patient, tally, key)
                and not ends.is_set()
            ):
                time.sleep(0.05)

    def deliver_on(ends: threading.Event) -> None:
        while not ends.is_set():
            try:
                idle = not deliver_next(world.desk, CLINIC, "worker")
            except (DBAPIError, TooBusy):  # a round that failed, as `service.worker` takes it
                idle = True
            if idle:
                time.sleep(0.05)

    apps = [partial(send_on, one, random.Random(chance.random())) for one in _PATIENTS]
    return meanwhile([*apps, deliver_on])


def _send(world: World, app: App, patient: str, tally: Tally, key: str) -> bool:
    """Send under this key, and ask for what was acknowledged at once; False where it was turned away for now."""
    body = response(world, name=patient, encounter=None, identifier=keyed(key))
    same = f"identifier={keyed(key)['system']}|urn:uuid:{key}"
    answer = app.post(_QR, body, **{"If-None-Exist": same})
    if answer.status_code not in (200, 201):
        tally.count("turned_away" if answer.status_code == 503 else "strange")
        return False
    named = answer.headers["location"].partition("/_history")[0].rpartition("/")[2]
    tally.acknowledged[key] = named
    seen = app.get(f"{_QR}/{named}").status_code
    tally.count({200: "read", 503: "turned_away"}.get(seen, "stale" if seen in (404, 410) else "strange"))
    return True


def _is_kept(world: World, id_: str) -> bool:
    apps = (app_of(world, patient, scope=SCOPE) for patient in _PATIENTS)
    return any(app.get(f"{_QR}/{id_}").status_code == 200 for app in apps)


@contextmanager
def _world(pair: Pair) -> Iterator[World]:
    """The small world, its database behind the wire to whichever server leads."""
    url = f"postgresql+psycopg://postgres@127.0.0.1:{pair.wire.port}/postgres?sslmode=disable"
    with ExitStack() as ending:
        name = ending.enter_context(tempfile.TemporaryDirectory(prefix="failovers-"))
        template, folder = Path(name) / "template", Path(name) / "world"
        template.mkdir()
        make_template(template)
        copy_world(template, folder)
        upgrade(url)
        child = RenderingChild(Limits())
        ending.callback(child.close)
        with pytest.MonkeyPatch.context() as patch:
            made = start(folder, child, patch, database_url=url)
        ending.enter_context(made.closing)
        yield made
