"""The clinic takes a right from us and gives it back: what waited goes, and nobody writes anything again (F14)."""

import httpx2
import pytest

from service.journal.entries import Filing, FilingState
from service.store import filings
from service.workflow import filings_by_command
from service.workflow.in_hand import SCOPE_MISSING
from tests.people import clinician
from tests.web.deviating_servers import token_says
from tests.workflow.filing import Carry, Trouble, documents, sent, told
from tests.workflow.remembered import log
from tests.workflow.test_silent_record_systems import two_others_owed
from tests.world import CLINIC, World


def waiting(world: World) -> list[Filing]:
    return filings.open_filings(world.desk.store, CLINIC, world.clock())


def six_owed(world: World) -> None:
    for number in range(1, 5):
        sent(world, number)
    two_others_owed(world)


def test_after_a_403_one_command_sends_all_of_it_on_its_way(world: World) -> None:
    six_owed(world)
    world.net.meddler = trouble = Trouble(told(403), times=99)
    world.deliver()
    assert {(one.state, one.reason) for one in waiting(world)} == {(FilingState.REFUSED, "scope")}
    assert trouble.writes == len(waiting(world)) == 6

    world.net.meddler = None
    assert filings_by_command.resume(world.desk, CLINIC, "scope") == 6
    assert world.deliver() == 6

    assert waiting(world) == []
    assert len(documents(world)) == 6
    assert [one.agent.role for one in log(world) if one.reason == "tried-again"] == ["operator"] * 6


def test_only_what_waits_for_this_reason_is_resumed(world: World) -> None:
    sent(world, 1)
    world.net.meddler = Trouble(told(403), times=1)
    world.deliver()
    sent(world, 2)
    world.net.meddler = Trouble(told(422), times=1)
    world.deliver()

    assert filings_by_command.resume(world.desk, CLINIC, "scope") == 1

    assert {(one.state, one.reason) for one in waiting(world)} == {
        (FilingState.DUE, None),
        (FilingState.REFUSED, "content"),
    }


def test_after_a_403_the_next_attempt_shows_another_token(world: World) -> None:
    """Rights stand in a token: one that was given before the clinic gave them back would be refused again."""
    sent(world)
    shown: list[str] = []
    refusing = Trouble(told(403), times=1)

    def note(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.method == "POST" and request.url.path.endswith("/DocumentReference"):
            shown.append(request.headers["Authorization"])
        return refusing(request, carry)

    world.net.meddler = note
    world.deliver()
    filings_by_command.resume(world.desk, CLINIC, "scope")
    world.deliver()

    assert len(shown) == len(set(shown)) == 2


@pytest.mark.parametrize("granted", ["system/Patient.rs system/Encounter.rs", "system/Patient.rs"])
def test_a_scope_that_is_not_granted_is_named_and_once_it_is_all_goes_by_itself(
    world: World, granted: str
) -> None:
    six_owed(world)
    world.clock.pass_time(hours=2)  # a token that was given before is used up
    world.net.meddler = token_says(scope=granted).meddler(world)
    for _ in range(3):
        world.deliver()
        world.clock.pass_time(minutes=16)
    reasons = {one.reason for one in waiting(world)} - {None}
    assert {one.split()[0] for one in reasons if one} == {SCOPE_MISSING}
    assert all("system/DocumentReference.c" in one for one in reasons if one)
    assert {one.state for one in waiting(world)} == {FilingState.DUE}

    world.net.meddler = None
    page = clinician(world).get("not-in-record").text
    assert "lacks a permission" in page
    assert "system/DocumentReference.c" in page
    for _ in range(3):
        world.clock.pass_time(minutes=16)
        world.deliver()

    assert waiting(world) == []
    assert len(documents(world)) == 6
