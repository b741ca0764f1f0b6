"""A return with `error` gets a plain page; neither its description nor its address appears there as markup. [SMART App
Launch 2.2, app-launch, Obtain authorization code; RFC 6749 4.1.2.1]
"""

import pytest

from tests.conformance.smart.launching import on_the_way_back, token_requests, with_other
from tests.world import World

SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize("error", ["access_denied", "invalid_scope", SCRIPT])
def test_the_page_is_plain_and_no_token_is_asked_for(world: World, error: str) -> None:
    browser, back = on_the_way_back(world)
    said = {"error": error, "error_description": f"marker-91 {SCRIPT}", "error_uri": "https://evil.example/x"}
    answer = browser.ask("GET", with_other(back, code=None, **said))

    assert 400 <= answer.status_code < 500
    assert "We could not sign you in" in answer.text
    assert not [word for word in (SCRIPT, "marker-91", "evil.example") if word in answer.text]
    assert token_requests(world) == 0
