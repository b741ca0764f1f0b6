"""An option that is a coding has a code or words, and a code has its system. [SDC 4.0 sdc-base-1, sdc-base-2]"""

from tests.conformance.sdc.published import PUBLISHED, Value, items, keeps


def is_whole(coding: Value) -> bool:
    return bool({"code", "display"} & set(coding)) and ("code" not in coding or "system" in coding)


def rule(item: Value) -> bool:
    options = item.get("answerOption", [])
    return all(is_whole(one["valueCoding"]) for one in options if "valueCoding" in one)


def test_every_option_keeps_it() -> None:
    keeps(rule, {"answerOption": [{"valueCoding": {"code": "a"}}]})
    keeps(rule, {"answerOption": [{"valueCoding": {"system": "https://x.example"}}]})


def test_so_does_every_code_of_a_prompt() -> None:
    codes = [code for value in PUBLISHED.values() for item in items(value) for code in item.get("code", [])]
    assert codes
    assert all(is_whole(one) for one in codes)
