"""Options stand in the item or in a value set, never in both, and only on the types that can have options.
[FHIR R4 que-4, que-5]
"""

from tests.conformance.sdc.published import Value, keeps

OPTIONS = {"answerOption", "answerValueSet"}
TYPES = {"choice", "open-choice", "decimal", "integer", "date", "dateTime", "time", "string", "quantity"}


def rule(item: Value) -> bool:
    given = OPTIONS & set(item)
    return len(given) < 2 and (not given or item["type"] in TYPES)


def test_every_item_keeps_it() -> None:
    keeps(rule, {"type": "choice", "answerOption": [], "answerValueSet": "x"})
    keeps(rule, {"type": "text", "answerOption": []})
