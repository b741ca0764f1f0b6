"""A record system that takes documents only with an encounter: what has none yet waits, and says so (rule 11)."""

from datetime import timedelta

import pytest

from service.journal.problems import NotYours
from service.workflow.filings_by_command import owed, try_again
from tests.front_desk import FrontDesk
from tests.people import patient
from tests.workflow.deciding import capture, current, encounters_of, move, states
from tests.world import CLINIC, NOON, World, WorldWith

NAME = "patient-none-yet"
WORDS = {"ai1.1": "The sea was calm."}


@pytest.fixture
def strict(world_with: WorldWith) -> World:
    return world_with(f'[clinic.{CLINIC}.filing]\nrung = "B"\nneeds_encounter = true\n')


def test_it_waits_and_the_receipt_says_so(strict: World) -> None:
    chidera = patient(strict, NAME)
    key = capture(chidera, WORDS)

    for _ in range(3):
        strict.clock.pass_time(hours=8)
        assert strict.deliver() == 0

    assert states(strict, NAME) == [(1, "waiting")]
    assert 'data-state="waiting"' in patient(strict, NAME).get(f"entry/{key}/receipt").text
    assert FrontDesk(strict).documents(NAME) == []


def test_an_operator_cannot_push_it_through(strict: World) -> None:
    capture(patient(strict, NAME), WORDS)
    (waiting,) = owed(strict.desk, CLINIC)

    with pytest.raises(NotYours):
        try_again(strict.desk, CLINIC, waiting.id)
    assert strict.deliver() == 0


def test_once_attached_it_is_filed_once_with_its_encounter(strict: World) -> None:
    chidera = patient(strict, NAME)
    key = capture(chidera, WORDS)
    infusion = FrontDesk(strict).book(NAME, NOON - timedelta(hours=2))

    strict.find(minutes=6)
    strict.deliver()

    assert states(strict, NAME) == [(1, "cancelled"), (2, "filed")]
    (document,) = FrontDesk(strict).documents(NAME)
    assert encounters_of(document) == [infusion]
    assert "relatesTo" not in document
    assert 'data-state="filed"' in chidera.get(f"entry/{key}/receipt").text


def test_taken_off_again_the_filed_one_stays_and_the_new_one_waits(strict: World) -> None:
    infusion = FrontDesk(strict).book(NAME, NOON - timedelta(hours=2))
    key = patient(strict, NAME).write(infusion, WORDS)
    strict.deliver()

    move(strict, NAME, key, None)
    strict.deliver()
    assert states(strict, NAME) == [(1, "filed"), (2, "waiting")]
    assert [encounters_of(one) for one in current(strict, NAME)] == [[infusion]]

    move(strict, NAME, key, infusion)
    strict.deliver()
    assert states(strict, NAME) == [(1, "filed"), (2, "cancelled"), (3, "filed")]
    assert len(FrontDesk(strict).documents(NAME)) == 2
    assert len(current(strict, NAME)) == 1
