"""With options there is no other initial value, and several initial values only where the question repeats.
[FHIR R4 que-11, que-13]
"""

from tests.conformance.sdc.published import Value, keeps


def rule(item: Value) -> bool:
    several = len(item.get("initial", [])) > 1
    return not ("answerOption" in item and "initial" in item) and (item.get("repeats") is True or not several)


def test_every_item_keeps_it() -> None:
    keeps(rule, {"type": "choice", "answerOption": [], "initial": []})
    keeps(rule, {"type": "string", "initial": [{}, {}]})
