"""The clinic takes a right from us and gives it back: what waited goes, and nobody writes anything again (F14)."""

import httpx2
import pytest
from structlog.testing import capture_logs

from service import worker
from service.journal.entries import Filing, FilingState
from service.store import filings
from service.workflow import filings_by_command
from service.workflow.in_hand import SCOPE_MISSING
from service.workflow.watch_rights import RightsWatch, watch_rights
from tests.people import clinician
from tests.web.deviating_servers import token_says
from tests.workflow.filing import Carry, Trouble, answer, documents, sent, told
from tests.workflow.remembered import log
from tests.workflow.test_silent_record_systems import two_others_owed
from tests.world import CLINIC, World, WorldWith


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


def test_the_worker_says_once_which_right_is_gone_and_once_that_it_is_back(world: World) -> None:
    """W-60: which, in the service's own log, without waiting for something to be owed."""
    watch = RightsWatch()
    assert watch_rights(world.desk, CLINIC, watch) is None
    world.clock.pass_time(hours=2)  # the token that was given is used up
    world.net.meddler = token_says(scope="system/Patient.rs system/Encounter.rs").meddler(world)
    missing = watch_rights(world.desk, CLINIC, watch)
    assert missing is not None
    assert any("system/DocumentReference" in one for one in missing)
    assert watch_rights(world.desk, CLINIC, watch) is None
    world.net.meddler = lambda _request, _carry: answer(503)
    assert watch_rights(world.desk, CLINIC, watch) is None
    world.net.meddler = None
    assert watch_rights(world.desk, CLINIC, watch) == ()
    assert watch_rights(world.desk, CLINIC, watch) is None


def test_the_worker_says_at_its_start_what_of_the_file_keeps_filing_from_its_way(
    world_with: WorldWith,
) -> None:
    world = world_with(
        f'[clinic.{CLINIC}.backend]\nclient_id = "journal-worker"\n'
        'scopes = "system/Patient.rs system/Encounter.rs"\n'
    )
    with capture_logs() as told:
        worker.start(world.wiring).stop()
    said = [one["why"] for one in told if one["event"] == "filing does not go as it was meant"]
    assert any(one.startswith("filing needs system/DocumentReference.crs") for one in said)
    assert {one["clinic"] for one in told if "why" in one} == {CLINIC}
