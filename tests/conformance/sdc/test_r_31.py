"""A question of yes or no that has no answer was not answered with no. [SDC 4.0 populate, caveats]"""

from tests.conformance.sdc.asking import ITEM, Value, answered, refused
from tests.r4.answered import item
from tests.world import World

WHY = {"linkId": "why", "answer": [{"valueString": "because"}]}


def unanswered(value: Value) -> None:
    """What is asked after a no is answered, and the question itself is not."""
    value["item"].insert(5, WHY)
    value["item"].remove(item(value, "sure"))


def test_what_follows_a_no_is_not_put(clinic: World) -> None:
    refused(clinic, answered(unanswered), "business-rule", f"{ITEM}[4]")
