"""A question that was not to be asked, since its conditions are not met, has no item in a completed response.
[SDC 4.0 validation; behavior, enableWhen]
"""

from tests.conformance.sdc.asking import ITEM, answered, refused_but_not_as_draft, taken
from tests.r4.answered import item
from tests.world import World

WHY = {"linkId": "why", "answer": [{"valueString": "because"}]}


def test_an_item_that_was_not_to_be_asked_is_refused(clinic: World) -> None:
    value = answered(lambda v: v["item"].insert(5, WHY))

    refused_but_not_as_draft(clinic, value, "business-rule", f"{ITEM}[5]")


def test_where_its_condition_is_met_it_is_taken(clinic: World) -> None:
    value = answered(lambda v: v["item"].insert(5, WHY))
    item(value, "sure")["answer"] = [{"valueBoolean": False}]

    assert item(taken(clinic, value), "why")["answer"] == WHY["answer"]
