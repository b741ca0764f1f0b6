"""A blank response has one item for each of the questionnaire's, display items and those that wait on a condition too;
defaults are filled in, and what repeats stands once. [SDC 4.0 populate]
"""

import json
from datetime import UTC, datetime

from service.r4.populate import Blank, skeleton
from tests.conformance.sdc.asking import POPULATE, mine
from tests.conformance.sdc.filling import FIRST, made, parameters, subject
from tests.conformance.sdc.published import items, questionnaire
from tests.r4.answered import QUESTIONS
from tests.world import World

BLANK = Blank(
    canonical="https://clinic.example/Questionnaire/q|1.0.0",
    key="7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a10",
    patient_id="pat-1",
    encounter_id=None,
    authored=datetime(2026, 11, 20, tzinfo=UTC),
    language="en",
)


def test_the_clinics_set_stands_there_whole(house: World) -> None:
    blank = made(mine(house).post(POPULATE, parameters(FIRST, subject())))["response"]
    assert blank["item"] == [{"linkId": one["linkId"], "text": one["text"]} for one in items(questionnaire())]


def test_so_does_a_set_with_every_kind_of_item() -> None:
    blank = json.loads(skeleton({"item": QUESTIONS}, BLANK))
    assert [one["linkId"] for one in items(blank)] == [one["linkId"] for one in items({"item": QUESTIONS})]


def test_a_default_is_filled_in() -> None:
    asked = {"linkId": "q", "type": "string", "initial": [{"valueString": "as usual"}]}
    assert json.loads(skeleton({"item": [asked]}, BLANK))["item"] == [
        {"linkId": "q", "answer": [{"valueString": "as usual"}]}
    ]
