"""Answers keep the question's bounds: its longest and shortest length in characters, its values, how many there are.
[SDC 4.0 behavior, maxLength, minLength, minValue, maxValue, minOccurs, maxOccurs]
"""

import json

import pytest

from service.journal.checking import check_items
from service.journal.items import GivenAnswer, QuestionItem, ResponseItem
from tests.conformance.sdc.asking import ITEM, Value, answered, refused_but_not_as_draft, taken
from tests.r4.answered import item
from tests.world import World

OUTSIDE: dict[str, tuple[str, list[Value], str, str]] = {
    "too long": ("free", [{"valueString": "x" * 21}], "too-long", f"{ITEM}[2].answer[0].value"),
    "too short": ("free", [{"valueString": "ab"}], "value", f"{ITEM}[2].answer[0].value"),
    "too high": ("score", [{"valueInteger": 11}], "value", f"{ITEM}[7].answer[0].value"),
    "too low": ("score", [{"valueInteger": -1}], "value", f"{ITEM}[7].answer[0].value"),
    "too many": ("many", [{"valueString": one} for one in "abc"], "value", f"{ITEM}[8].answer"),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_outside_is_refused(clinic: World, name: str) -> None:
    link_id, given, code, place = OUTSIDE[name]
    value = answered(lambda v: item(v, link_id).update(answer=given))

    refused_but_not_as_draft(clinic, value, code, place)


@pytest.mark.parametrize("words", ["x" * 20, "🐢" * 20, "abc"])
def test_what_is_just_inside_is_taken(clinic: World, words: str) -> None:
    kept = taken(clinic, answered(lambda v: item(v, "free").update(answer=[{"valueString": words}])))

    assert words in json.dumps(kept, ensure_ascii=False)


def test_too_few_are_refused() -> None:
    asked = (QuestionItem("q", "string", required=True, repeats=True, min_occurs=2),)
    one = (ResponseItem("q", answers=(GivenAnswer("String", "a"),)),)

    assert [fault.code for fault in check_items(one, asked, sent=True)] == ["value"]
    assert [fault.severity for fault in check_items(one, asked, sent=False)] == ["information"]
