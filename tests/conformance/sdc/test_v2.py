"""Every item answers an item of the questionnaire: an unknown linkId is refused, at any depth.
[FHIR R4 questionnaireresponse, Links]
"""

from tests.conformance.sdc.asking import ITEM, Value, answered, refused_also_as_draft
from tests.r4.answered import item
from tests.world import World

STRANGE: Value = {"linkId": "strange", "answer": [{"valueString": "x"}]}


def test_an_unknown_question_is_refused(clinic: World) -> None:
    value = answered(lambda v: v["item"].insert(2, STRANGE))

    refused_also_as_draft(clinic, value, "invalid", f"{ITEM}[2].linkId")


def test_an_unknown_question_in_a_group_is_refused(clinic: World) -> None:
    value = answered(lambda v: item(v, "part")["item"].append(STRANGE))

    refused_also_as_draft(clinic, value, "invalid", f"{ITEM}[10].item[1].linkId")
