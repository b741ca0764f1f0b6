"""Each item has a linkId, and one of its questionnaire's. [FHIR R4 questionnaireresponse, item.linkId]"""

from tests.conformance.sdc.asking import ITEM, QR, first_set, mine, told
from tests.conformance.sdc.published import items, questionnaire
from tests.conformance.sdc.written import written
from tests.world import World


def test_without_one_it_is_no_item(house: World) -> None:
    answer = mine(house).post(QR, first_set(house, item=[{"answer": [{"valueString": "x"}]}]))

    assert answer.status_code == 400
    assert told(answer) == [("required", f"{ITEM}[0].linkId", "error")]


def test_what_a_page_wrote_has_the_questionnaires(world: World) -> None:
    links = [one["linkId"] for one in items(written(world))]
    assert links == [one["linkId"] for one in items(questionnaire())]
