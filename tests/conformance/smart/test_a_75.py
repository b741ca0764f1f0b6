"""The record system's styles are an offer that we do not take up: their address is kept only where it lies on the
record system's own host, it is never fetched, and nothing of it enters a page. [SMART App Launch 2.2, scopes, SMART
App Styling]
"""

import pytest

from tests.conformance.smart.launching import answered, token_answers
from tests.people import patient
from tests.world import EHR, World


@pytest.mark.parametrize(
    "url", ["https://evil.example/s.json", "http://ehr.example/s", "javascript:1", 7, "https://10.0.0.1/s"]
)
def test_an_address_elsewhere_is_not_kept(url: object) -> None:
    assert answered(smart_style_url=url).smart_style_url is None


def test_it_is_never_fetched_and_stands_on_no_page(world: World) -> None:
    world.net.meddler = token_answers(lambda said: said | {"smart_style_url": f"{EHR}/style-of-theirs"})

    assert "style-of-theirs" not in patient(world).home.text
    assert not [asked for asked in world.net.asked if "style" in asked]
