"""A record system stalls n times in six ways: each time it is left at the deadline, and no other clinic waits.

What stalls are the answers to writes, on real sockets, sent by the very client that workers use; the rest of the two
record systems answers at once. Between the attempts time is moved on, so that every one is due (fault matrix F19).
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import httpx2

from service.journal.entries import FilingState
from service.smart.connections import LOOPBACK, outbound_client
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import Breakers
from service.workflow.filings_by_command import owed
from tests.factories import response
from tests.people import app_of
from tests.proofs.figures import Figures, at_most, exactly
from tests.proofs.small_world import small_world
from tests.smart.stalling import STALLS, talking_server
from tests.workflow.filing import Carry
from tests.world import CLINIC, EHR, OTHER, World

DEFAULT_N = 50
CI_N = 6

FASTER = 20  # a worker waits 20 seconds for an answer, here one
_PAUSE = 0.02
PEOPLE = {"patient-six-done": "six-done", "patient-eight-done": "eight-done", "patient-two-in": "two-in"}
VISITS = (1, 2)
_SENT = len(PEOPLE) * len(VISITS)


class Stalling:
    """Stands on the wire to the first clinic's record system: the answers to writes come from servers that stall."""

    def __init__(self, ways: dict[str, str], stalls: int, out: httpx2.Client) -> None:
        self._ways = list(ways.values())
        self._left = stalls
        self._turn = threading.Lock()
        self._out = out
        self.over: list[float] = []
        self.under_way = 0

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        """Let it wait, or pass it on."""
        is_write = request.method in ("POST", "PUT") and "/DocumentReference" in request.url.path
        way = self._next() if is_write and str(request.url).startswith(EHR) else None
        if way is None:
            return carry()
        deadline, begun = request.extensions["timeout"]["read"] / FASTER, time.monotonic()
        try:
            answer = self._out.post(way, content=request.read(), timeout=deadline)
        finally:
            with self._turn:
                self.over.append(time.monotonic() - begun - deadline)
                self.under_way -= 1
        return answer

    def _next(self) -> str | None:
        with self._turn:
            if self._left == 0:
                return None
            self._left -= 1
            self.under_way += 1
            return self._ways[self._left % len(self._ways)]


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n stalls while another clinic's entries are filed; then the record system answers again."""
    with small_world() as world, ExitStack() as ending:
        ways = {name: ending.enter_context(talking_server(talk)) for name, talk in STALLS.items()}
        out = ending.enter_context(outbound_client(time.monotonic, permitted=LOOPBACK))
        world.net.meddler = wire = Stalling(ways, n, out)
        _send_all(world, CLINIC)
        waits = _deliver_beside(world, wire, n)
        world.clock.pass_time(days=1)
        world.deliver(CLINIC)
        filed = len(world.records(CLINIC).search("DocumentReference", []).resources)
        open_still = [one for one in owed(world.desk, CLINIC) if one.state is not FilingState.FILED]
    report(f"others were filed within {max(waits):.2f} s while the first clinic's record system stalled")
    return Figures(
        planned=n,
        injected=len(wire.over),
        counted={
            "ways": len(ways),
            "max_hold_over_deadline_s": round(max(wire.over, default=0.0), 2),
            "others_filed": len(waits),
            "others_delayed": sum(wait > 20 / FASTER for wait in waits),
            "filed": filed,
            "lost": _SENT - filed - len(open_still),
            "duplicates": max(filed - _SENT, 0),
        },
        bars={
            "max_hold_over_deadline_s": at_most(1.0),
            "others_filed": exactly(_SENT),
            "others_delayed": exactly(0),
            "filed": exactly(_SENT),
            "lost": exactly(0),
            "duplicates": exactly(0),
        },
    )


def _send_all(world: World, clinic: str) -> None:
    for name, visits in PEOPLE.items():
        for number in VISITS:
            body = response(world, number, name, f"{visits}-{number}")
            answer = app_of(world, name, clinic).post("QuestionnaireResponse", body)
            assert answer.status_code == 201, answer.text


def _deliver_beside(world: World, wire: Stalling, n: int) -> list[float]:
    """Let three workers meet the stalls; how long each filing of the other clinic took meanwhile, in seconds."""
    ends = threading.Event()

    def meet_stalls(name: str) -> None:
        # A breaker of its own, as other processes have: so that three may meet their stalls at once.
        mine = replace(world.desk, breakers=Breakers())
        while len(wire.over) < n and not ends.is_set():
            if deliver_next(mine, CLINIC, name):
                continue
            time.sleep(_PAUSE)
            if not wire.under_way:  # no lease may end while its worker waits
                world.clock.pass_time(minutes=1)

    with _ended(ends), ThreadPoolExecutor(3) as pool:
        working = [pool.submit(meet_stalls, f"worker-{number}") for number in range(3)]
        _wait_for(lambda: bool(wire.over))
        _send_all(world, OTHER)
        waits = []
        while len(waits) < _SENT:
            begun = time.monotonic()
            assert deliver_next(world.desk, OTHER, "other")
            waits.append(time.monotonic() - begun)
        for one in working:
            one.result()
    return waits


@contextmanager
def _ended(ends: threading.Event) -> Iterator[None]:
    try:
        yield
    finally:
        ends.set()


def _wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
