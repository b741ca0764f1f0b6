"""Items of a response are nested and ordered as the questionnaire's: below a group under the item, below a question
under its answer. [FHIR R4 questionnaireresponse, Links; qrs-1]
"""

from service.journal.checking import check_items
from service.journal.items import GivenAnswer, QuestionItem, ResponseItem
from tests.conformance.sdc.asking import answered, taken
from tests.r4.answered import QUESTIONS
from tests.world import World


def test_what_is_nested_as_the_questionnaire_is_taken_and_stays_so(clinic: World) -> None:
    kept = taken(clinic, answered())

    order = ["x.notice", "x.crisis", *(one["linkId"] for one in QUESTIONS)]
    places = [order.index(one["linkId"]) for one in kept["item"]]
    assert places == sorted(places)


def test_below_a_question_means_under_its_answer() -> None:
    asked = (QuestionItem("top", "string", items=(QuestionItem("below", "string"),)),)
    below = ResponseItem("below", answers=(GivenAnswer("String", "y"),))
    right = ResponseItem("top", answers=(GivenAnswer("String", "x", (below,)),))
    wrong = ResponseItem("top", items=(below,))

    assert check_items((right,), asked, sent=True) == ()
    assert [fault.code for fault in check_items((wrong,), asked, sent=True)] == ["structure"]
