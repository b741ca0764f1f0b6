"""A group has items below it, and a display item has none. [FHIR R4 que-1]"""

from tests.conformance.sdc.published import Value, keeps


def rule(item: Value) -> bool:
    return (
        bool(item.get("item")) if item["type"] == "group" else item["type"] != "display" or "item" not in item
    )


def test_every_item_keeps_it() -> None:
    keeps(rule, {"type": "group"})
    keeps(rule, {"type": "display", "item": [{"type": "display"}]})
