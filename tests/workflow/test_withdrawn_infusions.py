"""What the record system withdrew between writing and filing: nothing goes to a wrong encounter (rules 7, 11, W-61)."""

from dataclasses import replace
from typing import Any

import pytest

from service.journal.entries import FilingState
from service.store import entries, filings
from service.workflow.deliver_entry import deliver_next
from service.workflow.filings_by_command import owed, try_again
from tests.people import patient
from tests.workflow.contexts import as_patient
from tests.world import CLINIC, World

WORDS = {"ai1.1": "The sea was calm."}


def put(world: World, **changed: Any) -> None:
    """The first infusion's Encounter, changed in the record system."""
    visit = world.records().read("Encounter", "six-done-1")
    world.records().update("Encounter", "six-done-1", visit | changed)


def documents(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.records().search("DocumentReference", []).resources
    return found


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_an_encounter_that_was_withdrawn_gets_no_document(world: World, status: str) -> None:
    patient(world).write("six-done-1", WORDS)
    put(world, status=status)

    world.deliver()

    (filing,) = filings.of_patient(world.desk.store, as_patient(), "patient-six-done")
    assert (filing.state, filing.reason) == (FilingState.REFUSED, "target")
    assert documents(world) == []


def test_once_it_stands_again_an_operator_has_it_tried_again(world: World) -> None:
    patient(world).write("six-done-1", WORDS)
    put(world, status="cancelled")
    world.deliver()
    put(world, status="finished")
    (parked,) = owed(world.desk, CLINIC)

    try_again(world.desk, CLINIC, parked.id)
    world.deliver()

    (document,) = documents(world)
    assert document["context"]["encounter"] == [{"reference": "Encounter/six-done-1"}]
    assert owed(world.desk, CLINIC) == []


CHANGES: dict[str, dict[str, Any]] = {
    "cancelled": {"status": "cancelled"},
    "in error": {"status": "entered-in-error"},
    "another day": {"period": {"start": "2026-11-01T09:00:00-08:00", "end": "2026-11-01T10:00:00-08:00"}},
}


@pytest.mark.parametrize("point", ["K0", "K1", "K2", "K3", "K4", "K5", "K7", "K8", "K9"])
@pytest.mark.parametrize("change", list(CHANGES))
def test_whichever_step_a_change_falls_into_the_entry_stays_as_it_was_written(
    world: World, change: str, point: str
) -> None:
    """F50: it is filed once as it stood or a person is asked; nothing is lost, and no link moves by itself."""
    key = patient(world).write("six-done-1", WORDS)
    written = entries.by_key(world.desk.store, as_patient(), key)

    def at(reached: str) -> None:
        if reached == point:
            put(world, **CHANGES[change])

    deliver_next(replace(world.desk, at=at), CLINIC, "worker")
    world.clock.pass_time(hours=25)
    world.find()
    world.deliver()

    (filing,) = filings.of_patient(world.desk.store, as_patient(), "patient-six-done")
    assert entries.by_key(world.desk.store, as_patient(), key) == written
    assert (filing.state, len(documents(world))) in [(FilingState.FILED, 1), (FilingState.REFUSED, 0)]
    assert {one["subject"]["reference"] for one in documents(world)} <= {"Patient/patient-six-done"}
