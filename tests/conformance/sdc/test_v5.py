"""A question stands once among its siblings, however many answers it has; only a repeating group stands often.
[SDC 4.0 sdc-questionnaireresponse, sdcqr-2; FHIR R4 questionnaireresponse, qrs-2]
"""

from tests.conformance.sdc.asking import ITEM, answered, refused_also_as_draft, taken
from tests.r4.answered import item
from tests.world import World


def test_the_same_question_twice_is_refused(clinic: World) -> None:
    value = answered(lambda v: v["item"].insert(3, {"linkId": "free", "answer": [{"valueString": "again"}]}))

    refused_also_as_draft(clinic, value, "invariant", f"{ITEM}[3]")


def test_a_repeating_question_in_two_items_is_refused(clinic: World) -> None:
    twice = {"linkId": "many", "answer": [{"valueString": "c"}]}
    value = answered(lambda v: v["item"].insert(9, twice))

    refused_also_as_draft(clinic, value, "invariant", f"{ITEM}[9]")


def test_a_repeating_group_may_stand_often(clinic: World) -> None:
    value = answered()
    assert sum(one["linkId"] == "rounds" for one in value["item"]) == 2
    assert item(taken(clinic, value), "rounds")
