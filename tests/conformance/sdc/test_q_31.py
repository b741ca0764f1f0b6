"""Where answers are written in a page, the browser is told not to fill them in by itself.
[SDC 4.0 rendering, closing notes]
"""

import re

import pytest

from tests.people import patient
from tests.world import World


@pytest.mark.parametrize("page", ["prompt/1", "all"])
def test_no_answer_is_completed_by_the_browser(world: World, page: str) -> None:
    ada = patient(world)
    text = ada.get(f"entry/{ada.begin('six-done-1')}/{page}").text

    fields = re.findall(r"<textarea[^>]*>", text)
    assert fields
    assert all('autocomplete="off"' in one for one in fields)
