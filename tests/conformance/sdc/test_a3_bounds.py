"""Bounds fit one another: shortest below longest length, fewest answers only where one is required and may repeat, most
only where they may repeat. [SDC 4.0 behavior, minLength, minOccurs, maxOccurs]
"""

from tests.conformance.sdc.published import HL7, Value, extensions, items, keeps
from tests.r4.answered import QUESTIONS


def bound(item: Value, name: str) -> int | None:
    found = extensions(item, f"{HL7}/{name}")
    return found[0]["valueInteger"] if found else None


def rule(item: Value) -> bool:
    shortest, few = bound(item, "minLength"), bound(item, "questionnaire-minOccurs")
    many, repeats = bound(item, "questionnaire-maxOccurs"), item.get("repeats") is True
    return (
        (shortest is None or shortest <= item.get("maxLength", shortest))
        and (few is None or (repeats and item.get("required") is True))
        and (many is None or repeats)
    )


def test_every_item_keeps_it() -> None:
    most = {"url": f"{HL7}/questionnaire-maxOccurs", "valueInteger": 2}
    least = {"url": f"{HL7}/minLength", "valueInteger": 9}
    keeps(rule, {"type": "string", "extension": [most]})
    keeps(rule, {"type": "string", "maxLength": 3, "extension": [least]})


def test_so_does_the_set_with_every_kind_of_item() -> None:
    """The one that responses are judged by in these tests."""
    assert all(rule(one) for one in items({"item": QUESTIONS}))
