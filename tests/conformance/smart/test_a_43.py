"""The state belongs to the browser that began. One that is missing, strange, used, or brought by another browser is
answered with 400, and no token is asked for. [SMART App Launch 2.2, app-launch, Obtain authorization code]
"""

import pytest

from tests.conformance.smart.launching import BEA, on_the_way_back, token_requests, with_other
from tests.people import Browser
from tests.world import World


@pytest.mark.parametrize("state", [None, "", "x" * 43])
def test_a_strange_state_is_refused(world: World, state: str | None) -> None:
    browser, back = on_the_way_back(world)

    assert browser.ask("GET", with_other(back, state=state)).status_code == 400
    assert token_requests(world) == 0


def test_another_browser_is_refused(world: World) -> None:
    _, back = on_the_way_back(world)
    other, _ = on_the_way_back(world, BEA)

    for stranger in (Browser(world), other):
        assert stranger.ask("GET", back).status_code == 400
    assert token_requests(world) == 0


def test_a_used_state_is_refused(world: World) -> None:
    browser, back = on_the_way_back(world)
    assert browser.ask("GET", back).status_code == 303

    assert browser.ask("GET", back).status_code == 400
    assert token_requests(world) == 1
