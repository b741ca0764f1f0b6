"""A patient dies, or a record is closed: nothing goes there by itself, and nothing that was written is lost (F53)."""

from dataclasses import replace
from typing import Any

import pytest

from service.audit.record import Deed
from service.journal.entries import FilingState
from service.store import entries
from service.workflow import filings_by_command
from service.workflow.deliver_entry import deliver_next
from service.workflow.send_again import send_again
from tests.people import patient, sign_in
from tests.workflow.contexts import as_clinician, as_patient
from tests.workflow.filing import NAME, Trouble, documents, owed, sent, told
from tests.workflow.remembered import log
from tests.world import CLINIC, JOURNAL, World

CLOSED: dict[str, tuple[dict[str, Any], str]] = {
    "died": ({"deceasedBoolean": True}, "deceased"),
    "died on a day": ({"deceasedDateTime": "2026-11-19"}, "deceased"),
    "died in a year": ({"deceasedDateTime": "2026"}, "deceased"),
    "out of use": ({"active": False}, "record-inactive"),
}


def say(world: World, **elements: Any) -> None:
    """What the record system's administrators write into the patient's record."""
    records = world.records()
    records.update("Patient", NAME, records.read("Patient", NAME) | elements)


def go_on(world: World, rounds: int = 4) -> None:
    for _ in range(rounds):
        world.deliver()
        world.clock.pass_time(hours=5)


@pytest.mark.parametrize("name", CLOSED)
def test_nothing_is_filed_into_a_closed_record_and_a_person_is_told_why(world: World, name: str) -> None:
    elements, reason = CLOSED[name]
    for number in (1, 2):
        sent(world, number)
    say(world, **elements)

    go_on(world)

    assert [(one.state, one.reason) for one in owed(world)] == [(FilingState.REFUSED, reason)] * 2
    assert documents(world) == []
    assert len(entries.newest_first(world.desk.store, as_patient())) == 2
    assert [one.reason for one in log(world) if one.deed is Deed.FILING] == [reason] * 2


@pytest.mark.parametrize("point", ["K0", "K1", "K2"])
@pytest.mark.parametrize("name", ["died", "out of use"])
def test_a_record_that_is_closed_before_it_is_read_gets_nothing(world: World, name: str, point: str) -> None:
    """From K3 on the record has been read as open in this very attempt."""
    sent(world)
    elements, reason = CLOSED[name]

    def at(reached: str) -> None:
        if reached == point:
            say(world, **elements)

    deliver_next(replace(world.desk, at=at), CLINIC, "worker")
    go_on(world)

    assert [(one.state, one.reason) for one in owed(world)] == [(FilingState.REFUSED, reason)]
    assert documents(world) == []


def test_an_attempt_that_is_repeated_reads_the_record_again(world: World) -> None:
    sent(world)
    world.net.meddler = Trouble(told(503), times=1)
    world.deliver()
    say(world, deceasedBoolean=True)
    world.clock.pass_time(hours=1)

    go_on(world)

    assert [one.reason for one in owed(world)] == ["deceased"]
    assert documents(world) == []


def test_a_person_who_knows_of_it_sends_it_all_the_same_and_retries_remember_that(world: World) -> None:
    sent(world)
    say(world, deceasedBoolean=True)
    world.deliver()
    world.net.meddler = Trouble(told(503), times=2)

    send_again(world.desk, as_clinician(), NAME, owed(world)[0].id)
    go_on(world)

    assert [one.state for one in owed(world)] == [FilingState.FILED]
    assert len(documents(world)) == 1


def test_what_waits_for_a_closed_record_is_never_sent_in_bulk(world: World) -> None:
    sent(world)
    say(world, deceasedBoolean=True)
    world.deliver()

    assert filings_by_command.resume(world.desk, CLINIC, "deceased") == 0
    assert [one.state for one in owed(world)] == [FilingState.REFUSED]


def test_a_record_that_was_closed_by_mistake_is_filed_to_once_it_is_open_again(world: World) -> None:
    sent(world)
    say(world, deceasedBoolean=True)
    world.deliver()
    say(world, deceasedBoolean=False)

    send_again(world.desk, as_clinician(), NAME, owed(world)[0].id)
    world.deliver()

    assert [one.state for one in owed(world)] == [FilingState.FILED]


def test_the_journal_of_somebody_who_died_opens_to_nobody_and_the_draft_is_kept(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-2")
    assert ada.type(key, 1, {"ai2.1": "Kept."}).status_code == 200
    say(world, deceasedBoolean=True)

    browser, _ = sign_in(world, f"Patient/{NAME}", "/portal/")
    back = browser.way_back(f"{JOURNAL}/launch/{CLINIC}/patient", f"{JOURNAL}/launch/callback")
    answer = browser.ask("GET", back)

    assert answer.status_code == 400
    assert "all that was written in it is kept" in answer.text
    assert [one.reason for one in log(world) if one.deed is Deed.LOGIN][-1] == "deceased"
    say(world, deceasedBoolean=False)
    assert "Kept." in patient(world).get(f"entry/{key}/prompt/1").text
