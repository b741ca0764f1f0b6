"""Workers that die, sleep or race, and what a filed document says: one document for one entry (rules 20 to 22)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from service.summary.content import CannotRender
from service.summary.problems import Cause
from service.summary.renditions import Rendition
from service.workflow.deliver_entry import deliver_next, take_over
from service.workflow.desk import LEASE
from tests.factories import response
from tests.people import app_of
from tests.workflow.filing import (
    NAME,
    Carry,
    Killed,
    Trouble,
    answer,
    documents,
    dying_at,
    fails,
    on_rung,
    owed,
    sent,
    until_quiet,
)
from tests.world import CLINIC, EHR, World


def test_a_worker_that_died_in_the_middle_leaves_one_document(world: World) -> None:
    """It was written there, and nobody wrote that down here: the lease ends, and the next worker finds it."""
    sent(world)
    with pytest.raises(Killed):
        deliver_next(dying_at(world.desk, "K9"), CLINIC, "worker")
    assert len(documents(world)) == 1
    assert owed(world)[0].state is FilingState.DUE
    assert world.deliver() == 0  # the dead worker's lease still runs

    world.clock.pass_time(seconds=LEASE.total_seconds() + 1)
    assert world.deliver(owner="another") == 1

    assert owed(world)[0].state is FilingState.FILED
    assert len(documents(world)) == 1


def test_on_a_rung_that_searches_a_dead_workers_send_is_waited_out_as_well(world: World) -> None:
    """It died between sending and knowing: the lease ends long before the record system may have written."""
    sent(world)
    desk = on_rung(world, Rung.SEARCH)
    world.net.meddler = trouble = Trouble(fails(Killed))
    with pytest.raises(Killed):
        deliver_next(desk, CLINIC, "dead")

    for _ in range(15):
        world.clock.pass_time(minutes=1)
        deliver_next(desk, CLINIC, "next")
    assert trouble.writes == 1
    world.clock.pass_time(minutes=2)
    deliver_next(desk, CLINIC, "next")
    assert trouble.writes == 2
    assert owed(world)[0].state is FilingState.FILED


@pytest.mark.parametrize("arrived", [True, False])
def test_on_the_last_rung_a_dead_workers_send_is_never_repeated_by_itself(
    world: World, arrived: bool
) -> None:
    """Its bytes left, and nothing but the document itself can tell: found there it is filed, else a person must."""

    sent(world)
    desk = on_rung(world, Rung.NONE)
    world.net.meddler = trouble = Trouble(fails(httpx2.ReadTimeout), times=0)
    with pytest.raises(Killed):
        deliver_next(dying_at(desk, "K7" if arrived else "K5"), CLINIC, "dead")
    for _ in range(5):
        world.clock.pass_time(minutes=30)
        deliver_next(desk, CLINIC, "next")

    assert trouble.writes == len(documents(world)) == int(arrived)
    state, reason = (FilingState.FILED, None) if arrived else (FilingState.PARKED, "unknown-outcome")
    assert (owed(world)[0].state, owed(world)[0].reason) == (state, reason)


def test_the_one_process_that_starts_anew_waits_for_no_dead_lease(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(world)
    with monkeypatch.context() as patch:
        patch.setattr("service.workflow.deliver_entry._deliver", lambda work: None)
        assert deliver_next(world.desk, CLINIC, "dead")

    take_over(world.desk)

    assert world.deliver(owner="anew") == 1
    assert owed(world)[0].state is FilingState.FILED


def test_two_workers_on_one_entry_make_one_document(world: World) -> None:
    sent(world)

    with ThreadPoolExecutor(4) as pool:
        worked = list(pool.map(lambda n: deliver_next(world.desk, CLINIC, f"worker-{n}"), range(4)))

    assert worked.count(True) == 1
    assert len(documents(world)) == 1


def test_four_workers_file_many_entries_once_each(world: World) -> None:
    for number in range(1, 7):
        sent(world, number)
        other = response(world, number, "patient-eight-done", f"eight-done-{number}")
        assert app_of(world, "patient-eight-done").post("QuestionnaireResponse", other).status_code == 201

    def work(number: int) -> None:
        idle = 0
        while idle < 5:
            idle = 0 if deliver_next(world.desk, CLINIC, f"worker-{number}") else idle + 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    world.deliver()

    names = [one["masterIdentifier"]["value"] for one in documents(world)]
    assert len(names) == len(set(names)) == 12
    assert {filing.state for filing in owed(world)} == {FilingState.FILED}


def test_a_worker_whose_lease_ran_out_writes_nothing_down(world: World) -> None:
    """It slept through its lease inside the attempt; another filed meanwhile; its own word counts no more."""
    sent(world)

    def slow(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        said = carry()
        if request.method == "POST" and request.url.path.endswith("/DocumentReference"):
            world.net.meddler = None
            world.clock.pass_time(seconds=LEASE.total_seconds() + 1)
            assert deliver_next(world.desk, CLINIC, "quick")
        return said

    world.net.meddler = slow
    assert deliver_next(world.desk, CLINIC, "slow")

    assert len(documents(world)) == 1
    assert owed(world)[0].state is FilingState.FILED
    assert not deliver_next(world.desk, CLINIC, "slow")


def test_what_is_sent_again_is_the_same_to_the_byte(world: World) -> None:
    """The PDF is made once and kept (W-01)."""
    sent(world)
    bodies: list[bytes] = []

    def note(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.method == "POST" and request.url.path.endswith("/DocumentReference"):
            bodies.append(request.content)
            if len(bodies) == 1:
                return answer(503)
        return carry()

    world.net.meddler = note
    until_quiet(world)

    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


def test_a_summary_that_cannot_be_made_now_is_tried_again(world: World) -> None:
    sent(world)
    times = iter([Cause.BUSY])

    def render(summary: Any, form: Rendition = Rendition.PDF) -> bytes:
        for cause in times:
            raise CannotRender(cause)
        return world.desk.render(summary, form)

    until_quiet(world, replace(world.desk, render=render))

    assert owed(world)[0].state is FilingState.FILED
    assert owed(world)[0].attempts == 1


def test_a_patient_whom_the_record_system_knows_no_more_is_for_a_person(world: World) -> None:
    sent(world)

    def gone(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        return answer(410) if "/Patient/" in request.url.path else carry()

    world.net.meddler = gone
    world.deliver()

    assert (owed(world)[0].state, owed(world)[0].reason) == (FilingState.REFUSED, "target")


def test_after_a_week_of_silence_a_person_is_asked(world: World) -> None:
    sent(world)
    world.servers.pop(EHR)
    attempts = until_quiet(world, days=9)

    assert (owed(world)[0].state, owed(world)[0].reason) == (FilingState.PARKED, "given-up")
    assert attempts > 100
    # Never more often than the back-off allows: a quarter of an hour at most, by chance half of it.
    assert attempts < 9 * 24 * 60


def test_nothing_of_one_patient_waits_for_anothers_trouble(world: World) -> None:
    sent(world)
    other = response(world, 1, "patient-two-in", "two-in-1")
    app_of(world, "patient-two-in").post("QuestionnaireResponse", other)

    def only_hers(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        return answer(503) if "patient-six-done" in str(request.url) else carry()

    world.net.meddler = only_hers
    world.deliver()

    assert [one["subject"]["reference"] for one in documents(world)] == ["Patient/patient-two-in"]


def test_the_filed_document_says_whose_it_is_by_whom_and_about_which_infusion(world: World) -> None:
    sent(world)
    world.deliver()

    (filed,) = documents(world)
    assert filed["subject"] == filed["author"][0] == {"reference": f"Patient/{NAME}"}
    assert filed["context"]["encounter"] == [{"reference": "Encounter/six-done-1"}]
    assert filed["meta"]["security"][0]["code"] == "PATAST"
    assert filed["type"]["coding"][0]["code"] == "74465-6"
    assert filed["masterIdentifier"]["value"] == owed(world)[0].version_identifier
