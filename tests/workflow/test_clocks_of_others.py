"""The record system's clock and ours differ: what is refused for that reason says so, and nothing is lost (F23)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest

from service.ehr.problems import RecordSystemProblem
from service.journal.entries import FilingState
from service.smart.problems import ClocksDiffer, SmartProblem
from tests.people import clinician
from tests.workflow.filing import Carry, documents, owed, sent
from tests.world import CLINIC, World

OFFSETS = (*range(-26 * 3600, 26 * 3600 + 1, 1800), -300, -61, -40, -20, 20, 40, 61, 300)


class TheirClock:
    """The record system's clock, and the Date that stands on each of its answers."""

    def __init__(self, ours: Callable[[], datetime]) -> None:
        self._ours = ours
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return self._ours() + self.ahead

    def dated(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        answer = carry()
        answer.headers["Date"] = format_datetime(self(), usegmt=True)
        return answer


@pytest.fixture
def theirs(world: World) -> TheirClock:
    clock = TheirClock(world.clock)
    world.sandboxes[CLINIC].clock = clock  # type: ignore[assignment]
    world.net.meddler = clock.dated
    return clock


def test_every_sign_in_that_fails_for_the_clocks_says_by_how_much(world: World, theirs: TheirClock) -> None:
    record_system = world.desk.clinics[CLINIC].for_delivery
    failures = explained = 0
    for seconds in OFFSETS:
        theirs.ahead = timedelta(seconds=seconds)
        world.clock.pass_time(hours=2)  # a token that was given before is used up
        try:
            record_system.sign_in()
        except (SmartProblem, RecordSystemProblem) as problem:
            failures += 1
            way = "ahead of" if seconds > 0 else "behind"
            explained += isinstance(problem, ClocksDiffer) and f"{way} ours" in str(problem)
    assert failures > 100
    assert explained == failures


def test_a_refusal_with_clocks_that_agree_keeps_its_own_reason(world: World, theirs: TheirClock) -> None:
    def refusing(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if not request.url.path.endswith("/auth/token"):
            return carry()
        said = httpx2.ByteStream(b'{"error":"invalid_client"}')
        return httpx2.Response(
            401, headers={"Date": format_datetime(world.clock(), usegmt=True)}, stream=said
        )

    world.net.meddler = refusing
    with pytest.raises(SmartProblem) as caught:
        world.desk.clinics[CLINIC].for_delivery.sign_in()
    assert caught.value.reason == "invalid_client"


@pytest.mark.parametrize("hours", [-26, -1, 1, 26])
def test_what_waits_for_the_clocks_says_so_and_goes_once_they_agree(
    world: World, theirs: TheirClock, hours: int
) -> None:
    sent(world)
    theirs.ahead = timedelta(hours=hours)
    world.clock.pass_time(hours=2)
    world.deliver()
    assert [(one.state, one.reason) for one in owed(world)] == [(FilingState.DUE, "clocks-differ")]

    theirs.ahead = timedelta(0)
    world.clock.pass_time(hours=1)
    assert "clock and the journal’s differ" in clinician(world).get("not-in-record").text
    world.deliver()

    assert [one.state for one in owed(world)] == [FilingState.FILED]
    assert len(documents(world)) == 1


@pytest.mark.parametrize("minutes", [-26 * 60, -6, 0, 6, 26 * 60])
def test_the_difference_is_known_from_any_answer(world: World, theirs: TheirClock, minutes: int) -> None:
    record_system = world.desk.clinics[CLINIC].for_delivery
    record_system.sign_in()
    theirs.ahead = timedelta(minutes=minutes)

    record_system.capabilities()

    assert record_system.clock_ahead is not None
    assert abs(record_system.clock_ahead - theirs.ahead) <= timedelta(seconds=1)
