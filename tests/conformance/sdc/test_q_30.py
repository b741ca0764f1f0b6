"""Extensions that are not known here are kept in what is read and written; a form with an unknown modifier extension
is not put to anybody, and the refusal says where it stands. [FHIR R4 extensibility; SDC 4.0 rendering]
"""

import json
from collections.abc import Callable

import pytest

from service.r4.questionnaire import NotAPromptSet, read_prompt_set
from tests.conformance.sdc.asking import QR, Value, first_set, mine, taken
from tests.conformance.sdc.published import questionnaire
from tests.world import World

UNKNOWN: list[Value] = [{"url": "https://x.example/unknown", "valueString": "kept as it came"}]


def test_unknown_extensions_come_back_as_they_were_sent(world: World) -> None:
    said = {"valueString": "x", "_valueString": {"extension": UNKNOWN}}
    item = {"linkId": "ai1.1", "extension": UNKNOWN, "answer": [said]}
    kept = taken(world, first_set(world, item=[item], extension=UNKNOWN))

    read = mine(world).get(f"{QR}/{kept['id']}").json()
    assert (read["item"], read["extension"]) == ([item], UNKNOWN)


PLACES: dict[str, Callable[[Value], Value]] = {
    "Questionnaire.modifierExtension": lambda value: value,
    "Questionnaire.item[2].modifierExtension": lambda value: dict.__getitem__(value, "item")[2],
}


@pytest.mark.parametrize("place", PLACES)
def test_a_form_that_an_unknown_extension_turns_round_is_refused(place: str) -> None:
    value = questionnaire()
    PLACES[place](value)["modifierExtension"] = UNKNOWN

    with pytest.raises(NotAPromptSet) as refused:
        read_prompt_set(json.dumps(value).encode())

    assert [(one.code, one.expression) for one in refused.value.faults] == [("not-supported", place)]
