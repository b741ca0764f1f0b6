"""A group and a display item take no answer.
[FHIR R4 questionnaire, Question types]
"""

from tests.conformance.sdc.asking import ITEM, answered, refused_also_as_draft
from tests.r4.answered import item
from tests.world import World

WORDS = [{"valueString": "x"}]


def test_an_answer_to_a_display_item_is_refused(clinic: World) -> None:
    value = answered(lambda v: item(v, "x.notice").update(answer=WORDS))

    refused_also_as_draft(clinic, value, "structure", f"{ITEM}[0].answer")


def test_an_answer_to_a_group_is_refused(clinic: World) -> None:
    value = answered(lambda v: v["item"].append({"linkId": "rounds", "answer": WORDS}))

    refused_also_as_draft(clinic, value, "structure", f"{ITEM}[13].answer")
