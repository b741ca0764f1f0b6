"""A question begins with a value or with an expression for one, never with both. [SDC 4.0 sdc-pop-1]"""

from tests.conformance.sdc.published import SDC, Value, extensions, keeps

INITIAL = f"{SDC}/sdc-questionnaire-initialExpression"


def rule(item: Value) -> bool:
    return "initial" not in item or not extensions(item, INITIAL)


def test_every_item_keeps_it() -> None:
    keeps(rule, {"type": "string", "initial": [{}], "extension": [{"url": INITIAL}]})
