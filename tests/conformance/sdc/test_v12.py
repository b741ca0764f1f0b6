"""Where an item repeats the question's text, it is the text of the questionnaire, in a language that is published.
[SDC 4.0 sdc-questionnaireresponse, item.text; validation]
"""

import pytest

from tests.conformance.sdc.asking import ITEM, answered, refused_but_not_as_draft, taken
from tests.r4.answered import item
from tests.world import World


def test_another_text_is_refused(clinic: World) -> None:
    value = answered(lambda v: item(v, "needed").update(text="Wanted?"))

    refused_but_not_as_draft(clinic, value, "value", f"{ITEM}[3].text")


@pytest.mark.parametrize("shown", ["Free words?", "¿Palabras libres?"])
def test_any_published_wording_is_taken(clinic: World, shown: str) -> None:
    kept = taken(clinic, answered(lambda v: item(v, "free").update(text=shown)))

    assert item(kept, "free")["text"] == shown
