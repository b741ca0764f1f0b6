"""Each item carries the text that was shown, so that the answer is understood without the form.
[SDC 4.0 sdc-questionnaireresponse, item.text; house rule]
"""

from tests.conformance.sdc.published import items, questionnaire
from tests.conformance.sdc.written import written
from tests.world import World


def test_what_a_page_wrote_carries_every_text(world: World) -> None:
    texts = {one["linkId"]: one["text"] for one in items(written(world))}
    assert texts == {one["linkId"]: one["text"] for one in items(questionnaire())}
