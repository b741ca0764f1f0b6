"""Of somebody who died, or in a record that is out of use, nothing is asked: neither anew nor any longer (F53)."""

from typing import Any

import pytest
from fhir.resources.R4B.task import Task

from service.audit.record import Deed
from service.workflow.look_after_tasks import look_after_tasks
from tests.people import patient
from tests.workflow.filing import answer
from tests.workflow.remembered import log
from tests.workflow.test_tasks_handed_over import (
    FILING,
    NAME,
    WORDS,
    booked,
    hand_over,
    statuses,
    tasks,
    writes,
)
from tests.world import CLINIC, World, WorldWith

CLOSED: dict[str, tuple[dict[str, Any], str]] = {
    "died": ({"deceasedBoolean": True}, "deceased"),
    "out of use": ({"active": False}, "record-inactive"),
}
OPEN = {"deceasedBoolean": False, "active": True}
HALF_A_DAY = 12 * 60


@pytest.fixture
def taking(world_with: WorldWith) -> World:
    return world_with(f"{FILING}true\n")


def say(world: World, **elements: Any) -> None:
    """What the record system's administrators write into the patient's record."""
    records = world.records()
    records.update("Patient", NAME, records.read("Patient", NAME) | elements)


def look(world: World, minutes: float = 0) -> None:
    """The worker looks until nothing is left to be looked at."""
    world.clock.pass_time(minutes=minutes)
    while look_after_tasks(world.desk, CLINIC):
        pass


def told(world: World) -> list[str | None]:
    """The reasons of what the log says about Tasks."""
    return [one.reason for one in log(world) if one.deed is Deed.FILING and one.what.startswith("Task/")]


@pytest.mark.parametrize("name", CLOSED)
def test_into_a_closed_record_no_task_is_written(taking: World, name: str) -> None:
    elements, reason = CLOSED[name]
    booked(taking)
    say(taking, **elements)

    for _ in range(5):
        hand_over(taking, minutes=HALF_A_DAY)
        look(taking)

    assert tasks(taking) == []
    assert told(taking) == [reason]


@pytest.mark.parametrize("name", CLOSED)
def test_a_task_that_stands_is_cancelled_without_a_word(taking: World, name: str) -> None:
    elements, _ = CLOSED[name]
    booked(taking)
    hand_over(taking)
    look(taking)
    say(taking, **elements)

    look(taking, minutes=HALF_A_DAY)

    (ended,) = tasks(taking)
    Task.model_validate(ended)
    assert ended["status"] == "cancelled"
    assert "statusReason" not in ended
    changes = writes(taking, "PUT")
    for _ in range(4):
        look(taking, minutes=HALF_A_DAY)
        hand_over(taking)
    assert writes(taking, "PUT") == changes == 1


def test_what_they_had_written_before_is_told_of_the_task_that_stands(taking: World) -> None:
    """It was answered, so it is not cancelled; nobody is asked for anything."""
    encounter = booked(taking)
    hand_over(taking)
    patient(taking, NAME).write(encounter, WORDS)
    say(taking, deceasedBoolean=True)
    taking.find(minutes=20 * 60)

    hand_over(taking)

    assert statuses(taking) == ["completed"]


@pytest.mark.parametrize("name", CLOSED)
def test_closed_by_mistake_it_asks_again_once_it_is_open(taking: World, name: str) -> None:
    elements, _ = CLOSED[name]
    booked(taking)
    hand_over(taking)
    say(taking, **elements)
    look(taking)
    assert statuses(taking) == ["cancelled"]

    say(taking, **OPEN)
    look(taking, minutes=2 * HALF_A_DAY)

    assert statuses(taking) == ["requested"]


def test_never_handed_over_it_is_once_the_record_is_open(taking: World) -> None:
    booked(taking)
    say(taking, deceasedBoolean=True)
    hand_over(taking)
    say(taking, deceasedBoolean=False)

    hand_over(taking, minutes=2 * HALF_A_DAY)

    assert statuses(taking) == ["requested"]


def test_a_silent_record_system_changes_nothing_and_is_asked_half_a_day_later(taking: World) -> None:
    booked(taking)
    hand_over(taking)
    say(taking, deceasedBoolean=True)
    taking.net.meddler = lambda request, carry: answer(503)
    look(taking)
    taking.net.meddler = None

    look(taking, minutes=HALF_A_DAY)

    assert statuses(taking) == ["cancelled"]


def test_open_records_are_looked_at_twice_a_day_and_each_look_is_remembered(taking: World) -> None:
    booked(taking)
    hand_over(taking)
    changes = writes(taking, "PUT")
    seen = len(log(taking))

    for _ in range(4):
        look(taking, minutes=HALF_A_DAY / 2)

    assert writes(taking, "PUT") == changes
    assert [(one.deed, one.patient, one.what) for one in log(taking)[seen:]] == [
        (Deed.READ, NAME, "Patient")
    ] * 2
