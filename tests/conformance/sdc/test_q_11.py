"""Each item has one of R4's types; a prompt for free writing is a text. [FHIR R4 questionnaire, item.type]"""

from service.journal.answer_rules import ANSWER_TYPES
from tests.conformance.sdc.published import each_set, items, questionnaire


@each_set
def test_each_item_has_a_type_that_there_is(name: str) -> None:
    assert {one["type"] for one in items(questionnaire(name))} == {"display", "text"}


def test_the_rules_know_every_type() -> None:
    simple = {"boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text", "url"}
    assert set(ANSWER_TYPES) == simple | {"choice", "open-choice", "attachment", "reference", "quantity"}
