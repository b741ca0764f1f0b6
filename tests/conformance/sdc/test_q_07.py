"""The notice and the crisis line are display items of each version; a clinic with another line publishes its own
canonical, derived from ours, with the same themes and prompts. [house rule; FHIR R4 questionnaire, derivedFrom]
"""

import json

import pytest

from service.r4.questionnaire import NotAPromptSet, read_prompt_set
from tests.conformance.sdc.published import each_set, of_type, questionnaire


@each_set
def test_each_version_holds_both(name: str) -> None:
    ends = [one["linkId"].rpartition(".")[2] for one in of_type(questionnaire(name), "display")]
    assert ends == ["notice", "crisis"]


@pytest.mark.parametrize("index", [0, 1])
def test_without_one_of_them_it_is_no_set(index: int) -> None:
    value = questionnaire()
    del value["item"][index]

    with pytest.raises(NotAPromptSet):
        read_prompt_set(json.dumps(value).encode())


def test_a_clinics_own_edition_keeps_themes_and_prompts() -> None:
    value = questionnaire()
    ours = read_prompt_set(json.dumps(value).encode())
    value["derivedFrom"], value["url"] = (
        [value["url"]],
        "https://clinic.example/Questionnaire/after-infusion-1",
    )
    value["item"][1]["text"] = "Call 999."

    own = read_prompt_set(json.dumps(value).encode())

    assert (own.crisis_line, own.ordinal, own.prompts) == ("Call 999.", 1, ours.prompts)
    assert own.canonical != ours.canonical
