"""A record system that does not answer is left alone, and asked again now and then (W-20; F9, F59)."""

from datetime import timedelta

import httpx2

from service.ehr.breaker import SHORTEST
from service.journal.entries import FilingState
from service.workflow.deliver_entry import deliver_next
from tests.factories import response
from tests.people import app_of
from tests.workflow.filing import Carry, documents, fails, owed, sent
from tests.world import CLINIC, World

OTHERS = {"patient-two-in": "two-in-1", "patient-eight-done": "eight-done-1"}


def three_owed(world: World) -> None:
    sent(world)
    two_others_owed(world)


def two_others_owed(world: World) -> None:
    for name, encounter in OTHERS.items():
        answer = app_of(world, name).post("QuestionnaireResponse", response(world, 1, name, encounter))
        assert answer.status_code == 201, answer.text


class Down:
    """Nobody at the other end, until `back` is set; what was asked is counted."""

    def __init__(self) -> None:
        self.asked, self.back = 0, False

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if self.back:
            return carry()
        self.asked += 1
        return fails(httpx2.ConnectError)(carry)


def test_after_three_patients_in_vain_nothing_more_is_claimed(world: World) -> None:
    three_owed(world)
    world.net.meddler = down = Down()
    assert world.deliver() == 3
    asked = down.asked

    world.clock.pass_time(seconds=SHORTEST.total_seconds() / 2)
    assert world.deliver() == 0
    assert down.asked == asked


def test_one_probe_at_a_time_until_it_answers_then_all_of_it_goes(world: World) -> None:
    three_owed(world)
    world.net.meddler = down = Down()
    world.deliver()
    for _ in range(4):
        world.clock.pass_time(minutes=16)
        assert world.deliver() == 1
    down.back = True
    world.clock.pass_time(minutes=16)

    assert world.deliver() == 3
    assert len(documents(world)) == 3


def test_three_days_of_silence_cost_few_calls_and_lose_nothing(world: World) -> None:
    three_owed(world)
    world.net.meddler = down = Down()
    end = world.clock() + timedelta(hours=72)
    busiest = 0
    while world.clock() < end:
        before = down.asked
        world.deliver()
        busiest = max(busiest, down.asked - before)
        world.clock.pass_time(minutes=1)
    down.back = True
    for _ in range(3):
        world.clock.pass_time(minutes=16)
        world.deliver()

    assert len(documents(world)) == 3
    assert owed(world)[0].state is FilingState.FILED
    assert busiest <= 9  # the first minute's; a token and a retry or two for each of three
    assert down.asked < 72 * 60 / 10


def test_one_patients_trouble_holds_up_nobody(world: World) -> None:
    sent(world)

    def only_hers(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        return fails(httpx2.ConnectError)(carry) if "patient-six-done" in str(request.url) else carry()

    world.net.meddler = only_hers
    for _ in range(20):
        deliver_next(world.desk, CLINIC, "worker")
        world.clock.pass_time(minutes=20)
    two_others_owed(world)
    world.deliver()

    assert len(documents(world)) == 2
