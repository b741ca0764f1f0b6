"""What the record system withdrew between writing and filing: nothing goes to a wrong encounter (rules 7, 11, W-61)."""

from typing import Any

import pytest

from service.journal.entries import FilingState
from service.store import filings
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
