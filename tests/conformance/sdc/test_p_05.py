"""A form is never filled with what its asker could not read: for another patient there is none, and a foreign encounter
looks like one that is not. [SDC 4.0 populate]
"""

import pytest

from tests.conformance.sdc.asking import NAME, OTHER_NAME, POPULATE, first_set, mine, taken
from tests.conformance.sdc.filling import FIRST, encounter, made, parameters, subject
from tests.people import backend_app, staff_app
from tests.world import World

WRITING = "QuestionnaireResponse.crs"


@pytest.mark.parametrize("name", [OTHER_NAME, "nobody"])
def test_for_another_patient_there_is_none(house: World, name: str) -> None:
    answer = mine(house).post(POPULATE, parameters(FIRST, subject(name)))
    assert (answer.status_code, answer.json()["resourceType"]) == (403, "OperationOutcome")


def test_nor_for_anybody_but_the_patient(house: World) -> None:
    for app in (
        staff_app(house, chart=NAME, scope=f"user/{WRITING}"),
        backend_app(house, scope=f"system/{WRITING}"),
    ):
        assert app.post(POPULATE, parameters(FIRST, subject())).status_code == 403


def test_a_foreign_encounter_looks_like_none(house: World) -> None:
    foreign, absent = (
        made(mine(house).post(POPULATE, parameters(FIRST, subject(), encounter(f"Encounter/{one}"))))
        for one in ("eight-done-1", "no-such-visit")
    )
    assert foreign["issues"] == absent["issues"]
    assert "encounter" not in foreign["response"]


def test_a_draft_of_ones_own_is_not_copied_either(world: World) -> None:
    taken(world, first_set(world, words={"ai1.1": "planted-words"}, status="in-progress"))
    assert "planted-words" not in mine(world).post(POPULATE, parameters(FIRST, subject())).text
