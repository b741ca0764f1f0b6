"""Exactly one parameter names the questionnaire, in any of the known ways; at one questionnaire it is left aside.
[SDC 4.0 Questionnaire-populate, parameters]
"""

import pytest

from tests.conformance.sdc.asking import POPULATE, SET, Value, mine
from tests.conformance.sdc.filling import FIRST, encounter, made, parameters, subject
from tests.world import World

OTHER: Value = {"name": "questionnaire", "valueUri": "https://x.example/Questionnaire/other"}
WAYS: dict[str, Value] = {
    "a canonical": FIRST,
    "a uri": {"name": "questionnaire", "valueUri": SET},
    "a reference": {
        "name": "questionnaire",
        "valueReference": {"reference": "Questionnaire/after-infusion-1"},
    },
    "a resource": {
        "name": "questionnaire",
        "resource": {"resourceType": "Questionnaire", "url": SET, "version": "1.0.0"},
    },
    "the older name": {
        "name": "questionnaireRef",
        "valueReference": {"reference": "Questionnaire/after-infusion-1"},
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_names_it(house: World, way: str) -> None:
    found = made(mine(house).post(POPULATE, parameters(WAYS[way], subject())))
    assert found["response"]["questionnaire"] == f"{SET}|1.0.0"


@pytest.mark.parametrize("named", [(), (FIRST, WAYS["the older name"])])
def test_none_and_two_are_refused(house: World, named: tuple[Value, ...]) -> None:
    assert mine(house).post(POPULATE, parameters(*named, subject())).status_code == 400


def test_at_one_questionnaire_the_others_name_is_left_aside(house: World) -> None:
    answer = mine(house).post("Questionnaire/after-infusion-1/$populate", parameters(OTHER, subject()))
    assert made(answer)["response"]["questionnaire"] == f"{SET}|1.0.0"


def test_a_context_that_is_declared_is_understood_and_another_is_told_of(house: World) -> None:
    strange = encounter()
    strange["part"][0]["valueString"] = "weather"
    ask = mine(house).post

    assert "issues" not in made(ask(POPULATE, parameters(FIRST, subject(), encounter())))
    assert "issues" in made(ask(POPULATE, parameters(FIRST, subject(), strange)))
