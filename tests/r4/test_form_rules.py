"""A set that breaks a rule of R4 is refused when it is loaded, with the rule and its place (questionnaires-sdc A)."""

import json

import pytest

from service.r4.questionnaire import NotAPromptSet, read_prompt_set
from tests.r4.published import files, translated
from tests.r4.test_questionnaire_invariants import OFFENCES, Value

# Not R4's: whoever publishes keeps them, and a set that does not is read all the same. Empty lists are no R4 anyway.
NOT_ASKED = {"que-0", "sdc-2", "Q-01", "Q-22"}
UNKNOWN = [{"url": "https://x.example/unknown", "valueBoolean": True}]


def first() -> Value:
    value: Value = json.loads(files("Questionnaire")["after-infusion-1.json"])
    return value


@pytest.mark.parametrize("rule", sorted(set(OFFENCES) - NOT_ASKED))
def test_a_set_that_breaks_it_is_refused(rule: str) -> None:
    value = first()
    OFFENCES[rule](value)

    with pytest.raises(NotAPromptSet):
        read_prompt_set(json.dumps(value).encode())


def test_the_refusal_names_rule_and_place() -> None:
    value = first()
    value["item"][0]["code"] = [{"code": "notice"}]
    value["item"][3]["linkId"] = value["item"][2]["linkId"]
    value["item"][4]["modifierExtension"] = UNKNOWN

    with pytest.raises(NotAPromptSet) as refused:
        read_prompt_set(json.dumps(value).encode())

    assert [(one.code, one.expression) for one in refused.value.faults] == [
        ("not-supported", "Questionnaire.item[4].modifierExtension"),
        ("invariant", "Questionnaire.item[0]"),
        ("invariant", "Questionnaire.item[2].linkId"),
        ("invariant", "Questionnaire.item[3].linkId"),
    ]


def test_every_published_set_keeps_them() -> None:
    for raw in (*files("Questionnaire").values(), *translated("es").values()):
        read_prompt_set(raw)
