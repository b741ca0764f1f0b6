"""An answer has the data type that its question's type asks for.
[FHIR R4 questionnaire, Question types]
"""

import pytest

from tests.conformance.sdc.asking import ITEM, Value, answered, refused_also_as_draft
from tests.r4.answered import item
from tests.world import World

WRONG: dict[str, tuple[int, Value]] = {
    "free": (2, {"valueInteger": 1}),
    "needed": (3, {"valueUri": "http://x.example"}),
    "sure": (4, {"valueString": "true"}),
    "colour": (5, {"valueString": "blue"}),
    "taste": (6, {"valueBoolean": True}),
    "score": (7, {"valueDecimal": 7.0}),
    "file": (9, {"valueUri": "http://x.example/1.png"}),
}


@pytest.mark.parametrize("link_id", WRONG)
def test_an_answer_of_another_type_is_refused(clinic: World, link_id: str) -> None:
    index, given = WRONG[link_id]
    value = answered(lambda v: item(v, link_id).update(answer=[given]))

    refused_also_as_draft(clinic, value, "value", f"{ITEM}[{index}].answer[0].value")
