"""Nothing becomes complete while a required question that is put has no answer, or fewer than it needs.
[SDC 4.0 behavior, required, minOccurs]
"""

import pytest

from service.journal.checking import check_items
from service.journal.items import GivenAnswer, QuestionItem, ResponseItem
from tests.conformance.sdc.asking import QR, answered, mine, put, taken, told
from tests.r4.answered import item
from tests.world import World


def test_a_draft_without_it_cannot_be_completed(clinic: World) -> None:
    draft = answered(lambda v: v["item"].remove(item(v, "needed")), status="in-progress")
    kept = taken(clinic, draft)

    put_to_them = [one for one in kept["item"] if one["linkId"] != "why"]
    answer = put(clinic, kept | {"status": "completed", "item": put_to_them})

    assert (answer.status_code, [one[0] for one in told(answer)]) == (422, ["required"])
    assert mine(clinic).get(f"{QR}/{kept['id']}").json()["status"] == "in-progress"


@pytest.mark.parametrize(("count", "codes"), [(0, ["required"]), (1, ["value"]), (2, []), (3, [])])
def test_fewer_answers_than_are_needed_are_not_enough(count: int, codes: list[str]) -> None:
    asked = (QuestionItem("q", "string", required=True, repeats=True, min_occurs=2),)
    given = ResponseItem("q", answers=(GivenAnswer("String", "a"),) * count)

    assert [fault.code for fault in check_items((given,), asked, sent=True)] == codes
