"""The callback leads to pages of our own alone, whatever addresses stand in its query. [SMART App Launch 2.2,
app-launch, App protection]
"""

import pytest

from tests.conformance.smart.launching import on_the_way_back, with_other
from tests.world import World


@pytest.mark.parametrize("name", ["next", "redirect_uri", "target_link_uri", "return_to", "error_uri", "url"])
def test_no_address_of_the_query_is_gone_to(world: World, name: str) -> None:
    browser, back = on_the_way_back(world)
    answer = browser.ask("GET", with_other(back, **{name: "https://evil.example/"}))

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/journal/")
