"""A completed response says something: with no answer at all, or with blank ones alone, it is refused.
[house rule; FHIR R4 questionnaire-answers-status, stopped]
"""

import pytest

from tests.conformance.sdc.asking import AS_NEW, ITEM, QR, Value, first_set, mine, put, refused, taken, told
from tests.world import World

NOTHING: dict[str, Value] = {
    "no items": {"item": None},
    "items without answers": {"item": [{"linkId": "ai1.1"}, {"linkId": "ai1.2"}]},
    "blank answers": {"item": [{"linkId": "ai1.1", "answer": [{"valueString": " \n\t"}]}]},
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_said_is_refused(clinic: World, name: str) -> None:
    refused(clinic, first_set(clinic, **NOTHING[name]), "business-rule", ITEM)


def test_a_draft_may_be_empty(clinic: World) -> None:
    draft = first_set(clinic, item=None, status="in-progress", encounter=None)

    assert told(mine(clinic).post(AS_NEW, draft)) == [("informational", "", "information")]
    assert mine(clinic).post(QR, draft).status_code == 201


def test_an_amendment_may_not_take_everything_away(world: World) -> None:
    kept = taken(world, first_set(world))
    emptied = {name: one for name, one in kept.items() if name != "item"} | {"status": "amended"}

    answer = put(world, emptied)

    assert (answer.status_code, told(answer)) == (422, [("business-rule", ITEM, "error")])
