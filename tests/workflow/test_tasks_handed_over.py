"""Assigned sets as Tasks at a record system that takes them: each once, kept as it stands, and no trace of a draft."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fhir.resources.R4B.task import Task

from service.workflow.hand_over_tasks import hand_over_tasks
from tests.front_desk import FrontDesk
from tests.people import patient
from tests.workflow.courses import kept
from tests.workflow.deciding import move
from tests.workflow.filing import answer, fails
from tests.world import CLINIC, NOON, World, WorldWith

NAME = "patient-none-yet"
WORDS = {"ai1.1": "words for nobody's list"}
HOUR = timedelta(hours=1)
FILING = f'[clinic.{CLINIC}.filing]\nrung = "B"\ntasks = '


@pytest.fixture
def taking(world_with: WorldWith) -> World:
    return world_with(f"{FILING}true\n")


def hand_over(world: World, minutes: float = 0) -> int:
    """The worker hands over until nothing is left; how many Tasks it wrote."""
    world.clock.pass_time(minutes=minutes)
    taken = 0
    while written := hand_over_tasks(world.desk, CLINIC):
        taken += written
        assert taken < 200, "it hands over the same again and again"
    return taken


def tasks(world: World, name: str = NAME) -> list[dict[str, Any]]:
    found = FrontDesk(world).search("Task", patient=name)
    return sorted(found, key=lambda one: one["restriction"]["period"]["start"])


def statuses(world: World) -> list[str]:
    return [one["status"] for one in tasks(world)]


def writes(world: World, method: str) -> int:
    return len([one for one in world.net.asked if one.startswith(method) and "/fhir/Task" in one])


def booked(world: World, hours: float = 1) -> str:
    encounter = FrontDesk(world).book(NAME, NOON - hours * HOUR)
    patient(world, NAME)
    return encounter


def test_each_is_created_once_and_says_what_is_asked(taking: World) -> None:
    first, second = booked(taking, 50), booked(taking, 2)

    assert hand_over(taking) == 2
    assert hand_over(taking, minutes=30) == 0

    one, two = tasks(taking)
    for task, encounter, assigned in zip((one, two), (first, second), kept(taking, NAME), strict=True):
        Task.model_validate(task)
        assert task["identifier"][0]["value"] == f"urn:uuid:{assigned.id}"
        assert task["encounter"] == {"reference": f"Encounter/{encounter}"}
        assert task["input"][0]["valueCanonical"] == assigned.questionnaire
        assert (task["for"], task["status"]) == ({"reference": f"Patient/{NAME}"}, "requested")
    assert one["groupIdentifier"] == two["groupIdentifier"]
    assert writes(taking, "POST") == 2


def test_it_follows_completed_rejected_and_cancelled(taking: World) -> None:
    first, second, third = booked(taking, 80), booked(taking, 50), booked(taking, 2)
    hand_over(taking)
    chidera = patient(taking, NAME)
    key = chidera.write(first, WORDS)
    chidera.post(f"entry/{chidera.begin(second)}/stop")
    FrontDesk(taking).cancel(third)
    taking.find(minutes=6)

    hand_over(taking)

    done, put_off, gone = tasks(taking)
    assert statuses(taking) == ["completed", "rejected", "cancelled"]
    entry = taking.desk.entry_id(CLINIC, key)
    assert done["output"][0]["valueReference"]["reference"].endswith(f"/fhir/QuestionnaireResponse/{entry}")
    assert put_off["statusReason"] == {"text": "not today"}
    assert "output" not in gone
    for task in (done, put_off, gone):
        Task.model_validate(task)
        assert WORDS["ai1.1"] not in str(task)


def test_an_entry_that_moves_takes_its_answer_along(taking: World) -> None:
    first, second = booked(taking, 50), booked(taking, 2)
    key = patient(taking, NAME).write(first, WORDS)
    hand_over(taking)
    assert statuses(taking) == ["completed", "requested"]

    move(taking, NAME, key, second)
    hand_over(taking)

    answered = [one for one in tasks(taking) if one["status"] == "completed"]
    assert [one["encounter"]["reference"] for one in answered] == [f"Encounter/{second}"]
    assert all("output" not in one for one in tasks(taking) if one["status"] != "completed")


def test_what_was_put_off_is_answered_by_an_entry_that_comes_to_its_infusion(taking: World) -> None:
    """One infusion has one Task, whoever answered it how often (rule 9)."""
    first, second = booked(taking, 50), booked(taking, 2)
    chidera = patient(taking, NAME)
    key = chidera.write(first, WORDS)
    chidera.post(f"entry/{chidera.begin(second)}/stop")
    hand_over(taking)
    assert statuses(taking) == ["completed", "rejected"]

    move(taking, NAME, key, second)
    hand_over(taking)

    about_second = [one for one in tasks(taking) if one["encounter"]["reference"] == f"Encounter/{second}"]
    assert [one["status"] for one in about_second if one["status"] != "cancelled"] == ["completed"]


def test_what_is_being_written_changes_no_task(taking: World) -> None:
    first = booked(taking)
    hand_over(taking)
    (before,) = tasks(taking)
    chidera = patient(taking, NAME)

    chidera.type(chidera.begin(first), 1, WORDS)
    taking.find(minutes=6)

    hand_over(taking, minutes=6)
    assert tasks(taking) == [before]


SPOILED = {
    "silent": lambda carry: answer(503),
    "cut before": fails(httpx2.ReadError),
    "written, and the answer lost": lambda carry: (carry(), answer(502))[1],
    "refused": lambda carry: answer(422),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_record_system_that_is_down_gets_it_later_and_once(taking: World, name: str) -> None:
    booked(taking)
    taking.net.meddler = lambda request, carry: (
        SPOILED[name](carry) if request.method == "POST" and request.url.path.endswith("/Task") else carry()
    )
    assert hand_over(taking) == 0
    assert hand_over(taking, minutes=1) == 0
    taking.net.meddler = None

    hand_over(taking, minutes=60)

    assert statuses(taking) == ["requested"]


def test_two_workers_write_each_once(taking: World) -> None:
    for hours in (150, 100, 50, 2):
        FrontDesk(taking).book(NAME, NOON - hours * HOUR)
    patient(taking, NAME)

    with ThreadPoolExecutor(4) as pool:
        taken = sum(pool.map(lambda _: hand_over_tasks(taking.desk, CLINIC), range(8)))

    assert taken == 4
    assert writes(taking, "POST") == 4
    assert len(tasks(taking)) == 4


def test_turned_off_nothing_is_written(world_with: WorldWith) -> None:
    world = world_with(f"{FILING}false\n")
    booked(world)

    assert hand_over(world) == 0
    assert tasks(world) == []
