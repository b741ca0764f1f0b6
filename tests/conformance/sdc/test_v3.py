"""Items stand where the questionnaire has them, in its order.
[FHIR R4 questionnaireresponse, Links]
"""

from tests.conformance.sdc.asking import ITEM, answered, refused_also_as_draft
from tests.r4.answered import item
from tests.world import World


def test_an_item_out_of_its_group_is_refused(clinic: World) -> None:
    stray = {"linkId": "part.day", "answer": [{"valueDate": "2026-01-01"}]}
    value = answered(lambda v: v["item"].insert(2, stray))

    refused_also_as_draft(clinic, value, "structure", f"{ITEM}[2]")


def test_an_item_before_its_turn_is_refused(clinic: World) -> None:
    value = answered(lambda v: v["item"].insert(0, v["item"].pop(2)))

    refused_also_as_draft(clinic, value, "structure", f"{ITEM}[1]")


def test_an_item_below_a_question_needs_an_answer_to_stand_under(clinic: World) -> None:
    below = [{"linkId": "part.day"}]
    value = answered(lambda v: item(v, "free").update(item=below) or item(v, "free").pop("answer"))

    refused_also_as_draft(clinic, value, "structure", f"{ITEM}[2].item")
