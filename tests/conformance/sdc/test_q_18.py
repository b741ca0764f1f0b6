"""Several conditions say how they are joined, and one that asks whether there is an answer compares with a boolean.
[FHIR R4 que-12, que-7]
"""

import pytest

from service.journal.enabling import answers_by_link, enabled_links
from service.journal.items import Condition, GivenAnswer, QuestionItem, ResponseItem
from tests.conformance.sdc.published import Value, keeps


def rule(item: Value) -> bool:
    conditions = item.get("enableWhen", [])
    joined = len(conditions) < 2 or "enableBehavior" in item
    return joined and all("answerBoolean" in one for one in conditions if one["operator"] == "exists")


def test_every_item_keeps_it() -> None:
    keeps(rule, {"type": "text", "enableWhen": [{"operator": "="}] * 2})
    keeps(rule, {"type": "text", "enableWhen": [{"operator": "exists", "answerString": "x"}]})


@pytest.mark.parametrize(("any_of", "enabled"), [(True, True), (False, False)])
def test_two_conditions_are_joined_as_is_said(any_of: bool, enabled: bool) -> None:
    conditions = (Condition("a", "=", "String", "x"), Condition("a", "=", "String", "y"))
    question = QuestionItem("q", "text", enable_when=conditions, enable_any=any_of)
    given = answers_by_link([ResponseItem("a", answers=(GivenAnswer("String", "x"),))])

    assert ("q" in enabled_links([question], given)) == enabled
