"""A choice is answered from its options; an open choice takes words of one's own besides, but no other code.
[SDC 4.0 behavior, answer options]
"""

import pytest

from tests.conformance.sdc.asking import ITEM, Value, answered, refused_but_not_as_draft, taken
from tests.r4.answered import COLOURS, item
from tests.world import World


@pytest.mark.parametrize(("link_id", "index"), [("colour", 5), ("taste", 6)])
def test_a_code_that_is_none_of_the_options_is_refused(clinic: World, link_id: str, index: int) -> None:
    green = [{"valueCoding": COLOURS | {"code": "green"}}]
    value = answered(lambda v: item(v, link_id).update(answer=green))

    refused_but_not_as_draft(clinic, value, "code-invalid", f"{ITEM}[{index}].answer[0].value")


@pytest.mark.parametrize("given", [{"valueString": "like rain"}, {"valueCoding": COLOURS}])
def test_an_open_choice_takes_words_and_its_codes(clinic: World, given: Value) -> None:
    kept = taken(clinic, answered(lambda v: item(v, "taste").update(answer=[given])))

    assert item(kept, "taste")["answer"] == [given]
