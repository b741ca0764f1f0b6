"""Infusions, decisions and Tasks on PostgreSQL, where several processes look, decide and hand over at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from service.journal.entries import FilingKind, FilingState
from service.journal.problems import ChangedElsewhere, InfusionTaken
from service.journal.rulings import Reason, RulingKind
from service.journal.worklist import Way
from service.store import rulings
from service.store.writer import Writer
from service.workflow import decide
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.decide import Decision
from service.workflow.desk import Desk
from service.workflow.find_infusions import find_infusions
from service.workflow.hand_over_tasks import hand_over_tasks
from tests.front_desk import FrontDesk
from tests.people import patient
from tests.workflow.contexts import as_clinician
from tests.workflow.courses import asked, living, versions
from tests.workflow.deciding import capture, current, encounters_of, id_of, item, move, owed_by, states
from tests.world import CLINIC, NOON, World

pytestmark = pytest.mark.postgres
NAME = "patient-none-yet"
WORDS = {"ai1.1": "The sea was calm.", "ai1.2": "kept for nobody else"}
HOUR = timedelta(hours=1)


@pytest.fixture
def world(world_on_postgresql: World) -> World:
    return world_on_postgresql


@contextmanager
def processes(world: World, count: int) -> Iterator[list[Desk]]:
    """So many desks with writers of their own, as other processes on the same database have."""
    with ExitStack() as closing:
        desks = [world.desk]
        for _ in range(count - 1):
            writer = Writer(world.desk.store)
            writer.start()
            closing.callback(writer.stop)
            desks.append(replace(world.desk, writer=writer))
        yield desks


def at_once(desks: list[Desk], do: Callable[[int, Desk], object], times: int = 12) -> list[object]:
    with ThreadPoolExecutor(len(desks)) as pool:
        return list(pool.map(lambda number: do(number, desks[number % len(desks)]), range(times)))


def test_several_processes_see_the_end_of_a_series_and_owe_its_document_once(world: World) -> None:
    """Rule 20: each of them looks, one of them owes."""
    visit = FrontDesk(world).book(NAME, NOON - 2 * HOUR)
    world.find(minutes=6)
    patient(world, NAME).write(visit, WORDS, private=("ai1.2",))
    world.deliver()
    decide.decide(
        world.desk, as_clinician(NAME), NAME, RulingKind.SERIES_CLOSED, visit, Reason.TREATMENT_PLAN
    )
    # Only now does the clinic want it: each of them finds it owed and not there.
    home = world.desk.clinics[CLINIC]
    wanting = replace(home, filing=replace(home.filing, course_summaries=True))
    world.wiring = replace(
        world.wiring, desk=replace(world.desk, clinics={**world.desk.clinics, CLINIC: wanting})
    )
    with processes(world, 4) as desks:
        at_once(desks, lambda _, desk: bring_up_to_date(desk, CLINIC, NAME))
    world.deliver()
    courses = [one for one in owed_by(world, NAME) if one.kind is FilingKind.COURSE]
    assert [one.state for one in courses] == [FilingState.FILED]
    assert len([one for one in current(world, NAME) if encounters_of(one) == [visit]]) == 2


def test_several_processes_poll_and_each_infusion_is_assigned_once(world: World) -> None:
    desk = FrontDesk(world)
    made = [desk.book(NAME, NOON - hours * HOUR) for hours in (150, 100, 50, 2)]
    polls = len([one for one in world.net.asked if "_lastUpdated" in one])

    with processes(world, 3) as desks:
        at_once(desks, lambda number, one: find_infusions(one, CLINIC, f"process-{number}"))
        world.find()

    assert asked(world, NAME) == [(number, one, "requested") for number, one in enumerate(made, 1)]
    assert len([one for one in world.net.asked if "_lastUpdated" in one]) == polls + 1


def test_what_was_captured_is_attached_once_though_many_see_it_at_once(world: World) -> None:
    key = capture(patient(world, NAME), WORDS, private=("ai1.2",))
    infusion = FrontDesk(world).book(NAME, NOON - 2 * HOUR)

    with processes(world, 3) as desks:
        at_once(desks, lambda number, one: find_infusions(one, CLINIC, f"process-{number}"))
        at_once(desks, lambda _, one: bring_up_to_date(one, CLINIC, NAME))
    world.deliver()

    assert [one.cause for one in versions(world, NAME, key)] == ["sent", "attached"]
    assert living(world, NAME) == [(1, infusion, "completed")]
    assert states(world, NAME) == [(1, "cancelled"), (2, "filed")]
    assert [encounters_of(one) for one in current(world, NAME)] == [[infusion]]


def test_clinicians_at_several_processes_settle_an_item_once(world: World) -> None:
    FrontDesk(world).book(NAME, None)
    patient(world, NAME)
    chosen = item(world, NAME, Way.NOT_GIVEN)

    def settle(number: int, desk: Desk) -> bool:
        way = Way.NOT_GIVEN if number % 2 else Way.GIVEN
        at = NOON - HOUR if way is Way.GIVEN else None
        try:
            decide.settle(desk, as_clinician(NAME), NAME, Decision(chosen.id, way, Reason.OTHER, at=at))
        except ChangedElsewhere:
            return False
        return True

    with processes(world, 3) as desks:
        assert at_once(desks, settle).count(True) == 1
    assert len(rulings.rulings_of(world.desk.store, as_clinician(NAME), [NAME])) == 1


def test_two_entries_moved_to_one_infusion_at_once_do_not_both_get_it(world: World) -> None:
    desk = FrontDesk(world)
    first, second, free = (desk.book(NAME, NOON - hours * HOUR) for hours in (100, 50, 2))
    chidera = patient(world, NAME)
    keys = [chidera.write(first, WORDS), chidera.write(second, {"ai2.1": "The second."})]

    def move_there(number: int, one: Desk) -> bool:
        try:
            decide.move_entry_to(
                one, as_clinician(NAME), NAME, id_of(world, keys[number]), free, Reason.OTHER
            )
        except (InfusionTaken, ChangedElsewhere, decide.NotThisWay):
            return False
        return True

    with processes(world, 2) as desks:
        assert at_once(desks, move_there, times=2).count(True) == 1
    links = [versions(world, NAME, key)[-1].link.encounter_id for key in keys]
    assert links.count(free) == 1


def test_several_processes_hand_over_each_task_once(world: World) -> None:
    for hours in (150, 100, 50, 2):
        FrontDesk(world).book(NAME, NOON - hours * HOUR)
    patient(world, NAME)

    with processes(world, 3) as desks:
        at_once(desks, lambda _, one: hand_over_tasks(one, CLINIC))

    tasks = FrontDesk(world).search("Task", patient=NAME)
    assert len(tasks) == len({one["identifier"][0]["value"] for one in tasks}) == 4


def test_an_entry_is_moved_and_replaced_in_the_record(world: World) -> None:
    desk = FrontDesk(world)
    first, second = desk.book(NAME, NOON - 50 * HOUR), desk.book(NAME, NOON - 2 * HOUR)
    key = patient(world, NAME).write(first, WORDS, private=("ai1.2",))
    world.deliver()

    move(world, NAME, key, second)
    world.deliver()

    assert [encounters_of(one) for one in current(world, NAME)] == [[second]]
    assert len(desk.documents(NAME)) == 2
