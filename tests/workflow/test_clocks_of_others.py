"""The record system's clock and ours differ: what is refused for that reason says so, and nothing is lost (F23)."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest

from service.audit.record import Deed
from service.ehr.problems import RecordSystemProblem
from service.journal.entries import FilingState
from service.smart.problems import ClocksDiffer, SmartProblem
from tests.people import Browser, clinician, sign_in
from tests.workflow.filing import Carry, documents, owed, sent
from tests.workflow.remembered import log
from tests.world import CLINIC, JOURNAL, World

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


def comes(world: World) -> httpx2.Response:
    """The last answer to a patient who opens the journal from the portal."""
    browser, _ = sign_in(world, "Patient/patient-six-done", "/portal/")
    return browser.ask(
        "GET", browser.way_back(f"{JOURNAL}/launch/{CLINIC}/patient", f"{JOURNAL}/launch/callback")
    )


@pytest.mark.parametrize("hours", range(-26, 27, 4))
def test_a_person_who_cannot_be_signed_in_for_the_clocks_is_told_by_how_much(
    world: World, theirs: TheirClock, hours: int
) -> None:
    theirs.ahead = timedelta(hours=hours)

    answer = comes(world)

    assert answer.status_code >= 400
    said = re.search("The record system&#39;s clock is (.*) ours", answer.text)
    assert said is not None, answer.text
    assert said[1] == f"{abs(hours)} h {'ahead of' if hours > 0 else 'behind'}"
    assert [one.reason for one in log(world) if one.deed is Deed.LOGIN] == ["clocks-differ"]


@pytest.mark.parametrize("seconds", [-50, -5, 0, 5, 50])
def test_small_differences_keep_nobody_out(world: World, theirs: TheirClock, seconds: int) -> None:
    theirs.ahead = timedelta(seconds=seconds)

    assert comes(world).status_code == 303


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

    known = world.desk.clinics[CLINIC].their_clock
    assert known is not None
    assert known.ahead is not None
    assert abs(known.ahead - theirs.ahead) <= timedelta(seconds=1)


def readiness(world: World) -> list[str]:
    answer = Browser(world).ask("GET", f"{JOURNAL}/health/ready")
    assert answer.status_code == 200
    return answer.text.splitlines()


@pytest.mark.parametrize("minutes", [-26 * 60, -6, 0, 4, 6])
def test_who_asks_how_the_service_is_hears_of_clocks_that_differ(
    world: World, theirs: TheirClock, minutes: int
) -> None:
    assert readiness(world) == ["ready"]
    theirs.ahead = timedelta(minutes=minutes)
    world.clock.pass_time(hours=2)
    with suppress(SmartProblem, RecordSystemProblem):
        world.desk.clinics[CLINIC].for_delivery.sign_in()

    said = {-26 * 60: "26 h behind", -6: "6 min behind", 6: "6 min ahead of"}.get(minutes)

    told = [f"{CLINIC}: the record system's clock is {said} ours"] if said else []
    assert readiness(world) == ["ready", *told]


def test_who_asks_hears_of_it_where_only_people_come(world: World, theirs: TheirClock) -> None:
    """A process that answers pages and delivers nothing knows it from the sign-ins that failed."""
    theirs.ahead = timedelta(hours=-2)
    comes(world)

    assert readiness(world)[1:] == [f"{CLINIC}: the record system's clock is 2 h behind ours"]


@pytest.mark.parametrize(("seconds", "said"), [(3600, "forward by 1 h"), (-90, "back by 1 min 30 s")])
def test_who_asks_hears_for_an_hour_that_our_clock_was_set(world: World, seconds: int, said: str) -> None:
    assert readiness(world) == ["ready"]
    world.clock.set_wall(seconds=seconds)
    assert readiness(world) == ["ready", f"our clock was set {said}"]
    world.clock.pass_time(minutes=59)
    assert len(readiness(world)) == 2
    world.clock.pass_time(minutes=2)
    assert readiness(world) == ["ready"]
