"""A patient's responses are narrowed by questionnaire, by time with each comparator, and by a list of statuses.
[US Core 7.0 QuestionnaireResponse]
"""

import pytest

from tests.conformance.sdc.asking import NAME, SET, first_set, mine, put, taken
from tests.conformance.sdc.searching import found
from tests.world import World

NARROWED = {
    "authored=gt2026-11-18": True,
    "authored=ge2026-11-19": True,
    "authored=lt2026-11-20": True,
    "authored=le2026-11-19": True,
    "authored=gt2026-11-19": False,
    "authored=lt2026-11-19": False,
    "status=completed": True,
    "status=completed,amended": True,
    "status=amended,entered-in-error": False,
    f"questionnaire={SET}|1.0.0": True,
    f"questionnaire={SET}": True,
    f"questionnaire={SET[:-1]}2|1.0.0": False,
}


@pytest.mark.parametrize("asked", NARROWED)
def test_together_they_find_what_meets_both(world: World, asked: str) -> None:
    kept = taken(world, first_set(world, authored="2026-11-19T12:00:00Z"))
    name, _, value = asked.partition("=")

    assert found(mine(world), patient=NAME, **{name: value}) == ([kept["id"]] if NARROWED[asked] else [])


def test_an_amended_one_is_found_in_the_list(world: World) -> None:
    kept = taken(world, first_set(world))
    other = [{"linkId": "ai1.2", "answer": [{"valueString": "other words"}]}]
    put(world, kept | {"status": "amended", "item": other})

    assert found(mine(world), patient=NAME, status="completed,amended") == [kept["id"]]
