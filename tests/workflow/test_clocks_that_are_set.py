"""Somebody sets the clock on the wall: no lease ends early, none is outlived, nothing is filed twice (F55)."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx2
import pytest

from service.audit.verify import verify
from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from service.store import audit_trail
from service.workflow.clock_watch import ClockNews, ClockWatch
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import LEASE, Breakers, Desk
from service.workflow.in_hand import ATTEMPT
from service.workflow.leases import HeldLane, Leases
from service.workflow.unresolved import Unresolved
from service.workflow.watch_clock import watch_clock
from tests.workflow.filing import NAME, Carry, Killed, documents, dying_at, on_rung, owed, sent
from tests.workflow.remembered import log
from tests.world import CLINIC, World

SECONDS = LEASE.total_seconds()


def another_process(desk: Desk) -> Desk:
    """The same service on another machine: what it has seen is its own."""
    return replace(
        desk, breakers=Breakers(), leases=Leases(SECONDS), unresolved=Unresolved(), clock_news=ClockNews()
    )


@pytest.mark.parametrize("hours", [-26, -1, 1, 26])
@pytest.mark.parametrize("point", ["K1", "K3", "K5", "K7"])
def test_a_jump_of_the_clock_takes_no_lane_out_of_its_holders_hands(
    world: World, point: str, hours: int
) -> None:
    sent(world)
    other, taken = another_process(world.desk), []

    def at(reached: str) -> None:
        if reached == point:
            world.clock.set_wall(hours=hours)
            taken.append(deliver_next(other, CLINIC, "other"))
            world.clock.pass_time(seconds=SECONDS / 4)
            taken.append(deliver_next(other, CLINIC, "other"))

    deliver_next(replace(world.desk, at=at), CLINIC, "holder")

    assert taken == [False, False]
    assert len(documents(world)) <= 1


@pytest.mark.parametrize("hours", [-26, -1, 1, 26])
def test_nothing_leaves_after_a_lease_whatever_the_wall_shows(world: World, hours: int) -> None:
    """The holder slept until its lease was nearly over, and the clock was set meanwhile: it sends nothing."""
    sent(world)

    def at(reached: str) -> None:
        if reached == "K4":
            world.clock.pass_time(seconds=SECONDS - ATTEMPT.total_seconds() + 1)
            world.clock.set_wall(hours=hours)

    deliver_next(replace(world.desk, at=at), CLINIC, "holder")

    assert documents(world) == []
    assert owed(world)[0].state is FilingState.DUE


class Late:
    """The record system takes the first document it is sent, says nothing, and commits it only when it is told to."""

    def __init__(self) -> None:
        self.writes = 0
        self.taken: dict[str, Any] = {}

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.method != "POST" or not request.url.path.endswith("/DocumentReference"):
            return carry()
        self.writes += 1
        if self.taken:
            return carry()
        self.taken = json.loads(request.read())
        raise httpx2.ReadTimeout("late", request=request)

    def commits(self, world: World) -> None:
        world.records().create(self.taken, None, NAME)


@pytest.mark.parametrize("from_elsewhere", [False, True], ids=["the same process", "another process"])
@pytest.mark.parametrize("minutes", [16, 60, 26 * 60])
def test_set_forward_within_the_quiet_window_nothing_is_sent_twice(
    world: World, minutes: int, from_elsewhere: bool
) -> None:
    """On the rung that searches, what was sent is committed late, after the wall says that nothing more can come."""
    sent(world)
    world.net.meddler = late = Late()
    first = on_rung(world, Rung.SEARCH)
    deliver_next(first, CLINIC, "worker")
    then = another_process(first) if from_elsewhere else first

    assert not deliver_next(then, CLINIC, "worker"), "it runs already, and there is nothing to do yet"
    world.clock.set_wall(minutes=minutes)
    for _ in range(5):
        world.clock.pass_time(minutes=2)
        deliver_next(then, CLINIC, "worker")
    late.commits(world)
    for _ in range(10):
        world.clock.pass_time(minutes=10)
        deliver_next(then, CLINIC, "worker")

    assert late.writes == 1
    assert len(documents(world)) == 1
    assert owed(world)[0].state is FilingState.FILED


def test_set_back_within_the_quiet_window_it_is_sent_again_after_it(world: World) -> None:
    """And so it is where the process that sent it is gone."""
    for number, comes in ((1, lambda desk: desk), (2, another_process)):
        sent(world, number)
        world.net.meddler = late = Late()
        first = on_rung(world, Rung.SEARCH)
        deliver_next(first, CLINIC, "worker")
        then = comes(first)
        world.clock.set_wall(minutes=-5)

        for _ in range(6):
            world.clock.pass_time(minutes=7)
            deliver_next(then, CLINIC, "worker")

        assert late.writes == 2
        assert owed(world)[0].state is FilingState.FILED


def test_what_is_known_of_begun_sends_is_counted_from_the_first_sight() -> None:
    known, begun = Unresolved(), datetime(2026, 11, 21, tzinfo=UTC)
    assert known.known_for("clinic", "f1", begun, 10.0, 0) == 0
    assert known.known_for("clinic", "f1", begun, 25.0, 3600) == 15, "the wall is not asked again"
    assert known.known_for("clinic", "f1", begun.replace(minute=1), 25.0, 0) == 0, "it was sent anew"
    assert known.known_for("elsewhere", "f1", begun, 30.0, 700) == 700, (
        "another process began it, and is gone"
    )
    assert known.known_for("elsewhere", "f2", begun, 30.0, -700) == 0
    for number in range(2000):
        known.known_for("clinic", f"other-{number}", begun, 9 * 86_400.0 + number, 0)
    assert known.known_for("clinic", "f1", begun, 10 * 86_400.0, 0) == 0, "nothing is tried for so long"


def test_a_dead_holders_lane_is_taken_over_after_a_whole_lease_of_watching(world: World) -> None:
    sent(world)
    with pytest.raises(Killed):
        deliver_next(dying_at(world.desk, "K3"), CLINIC, "dead")
    other = another_process(world.desk)
    world.clock.set_wall(hours=-1)
    world.clock.pass_time(hours=2)

    assert not deliver_next(other, CLINIC, "other")
    world.clock.pass_time(seconds=SECONDS - 1)
    assert not deliver_next(other, CLINIC, "other")
    world.clock.pass_time(seconds=2)
    assert deliver_next(other, CLINIC, "other")
    assert owed(world)[0].state is FilingState.FILED


def test_of_many_leases_and_watchers_none_is_ever_over_early() -> None:
    """1,000 leases at random: taken, watched, given back, taken again; the wall plays no part at all."""
    chance, watchers = Random(55), [Leases(SECONDS) for _ in range(4)]
    now, begun, fence, early, ended = 0.0, 0.0, 0, 0, 0
    held: list[HeldLane] = []
    while fence < 1000:
        now += chance.choice((0.001, 1.0, SECONDS / 3, SECONDS))
        if not held or chance.random() < 0.2:
            fence, begun = fence + 1, now
            held = [HeldLane("p1", fence)]
        watcher = chance.choice(watchers)
        if watcher.over("clinic", held, now):
            early += now - begun < SECONDS
            ended += 1
            held = []
    assert early == 0
    assert ended > 100


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (3600, "clock-set-forward"),
        (-3600, "clock-set-back"),
        (61, "clock-set-forward"),
        (-90000, "clock-set-back"),
    ],
)
def test_a_jump_is_remembered_once(world: World, seconds: int, reason: str) -> None:
    watch = ClockWatch()
    watch_clock(world.desk, CLINIC, watch)
    world.clock.pass_time(hours=5)
    assert watch_clock(world.desk, CLINIC, watch) == 0

    world.clock.set_wall(seconds=seconds)
    found = [watch_clock(world.desk, CLINIC, watch) for _ in range(3)]

    assert found == [pytest.approx(seconds, abs=1), 0, 0]
    assert [one.reason for one in log(world)] == [reason]


def test_small_steps_of_keeping_the_time_are_no_jump(world: World) -> None:
    watch = ClockWatch()
    for seconds in (0, 5, -20, 40, -59):
        world.clock.set_wall(seconds=seconds)
        assert watch_clock(world.desk, CLINIC, watch) == 0
    assert log(world) == []


def test_the_log_keeps_its_order_over_every_jump(world: World) -> None:
    chance, watch = Random(5), ClockWatch()
    for number in range(100):
        world.clock.set_wall(seconds=chance.uniform(-3600, 3600))
        watch_clock(world.desk, CLINIC, watch)
        if number % 20 == 0:
            sent(world, number // 20 + 1)
            world.deliver()

    with audit_trail.snapshot(world.desk.store, CLINIC) as (head, records):
        verdict = verify(records, head)
    assert verdict.faults == ()
    assert verdict.size > 90
    assert len(documents(world)) == len({one["masterIdentifier"]["value"] for one in documents(world)})


@pytest.mark.parametrize(
    "after", [datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC), datetime(2106, 2, 7, 6, 28, 15, tzinfo=UTC)]
)
def test_what_is_sent_over_the_end_of_32_bits_of_seconds_is_filed_and_stays_in_order(
    world: World, after: datetime
) -> None:
    world.clock.set_wall(seconds=(after - world.clock()).total_seconds() - 5)
    for number in (1, 2, 3):
        sent(world, number)
        world.deliver()
        world.clock.pass_time(seconds=5)

    assert world.clock() > after
    assert [one.state for one in owed(world)] == [FilingState.FILED] * 3
    settled = [one.settled_at for one in owed(world)]
    assert settled == sorted(one for one in settled if one)
