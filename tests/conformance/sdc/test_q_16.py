"""A longest length stands only where answers have one, and counts characters, not bytes; each prompt has 50,000.
[FHIR R4 que-10; SDC 4.0 behavior, maxLength]
"""

from tests.conformance.sdc.asking import ITEM, first_set, refused, taken
from tests.conformance.sdc.published import Value, each_set, keeps, of_type, questionnaire
from tests.world import World

TYPES = {"boolean", "decimal", "integer", "string", "text", "url", "open-choice"}


def rule(item: Value) -> bool:
    return item["type"] in TYPES or "maxLength" not in item


def test_every_item_keeps_it() -> None:
    keeps(rule, {"type": "date", "maxLength": 5})


@each_set
def test_each_prompt_has_the_same_room(name: str) -> None:
    assert {one["maxLength"] for one in of_type(questionnaire(name), "text")} == {50_000}


def test_fifty_thousand_characters_of_four_bytes_are_taken_whole(world: World) -> None:
    words = "🌊" * 50_000
    kept = taken(world, first_set(world, words={"ai1.1": words}))

    assert kept["item"][0]["answer"] == [{"valueString": words}]


def test_one_more_is_refused(house: World) -> None:
    sent = first_set(house, words={"ai1.1": "a" * 50_001})

    refused(house, sent, "too-long", f"{ITEM}[0].answer[0].value")
