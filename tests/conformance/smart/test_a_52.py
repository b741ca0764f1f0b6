"""A code is taken once: a second return with the same state is refused here, even with its cookie put back. [Our rule;
RFC 6749 10.5]
"""

from tests.conformance.smart.launching import on_the_way_back, token_requests
from tests.people import Browser
from tests.world import World


def test_the_second_return_asks_nothing_of_the_record_system(world: World) -> None:
    browser, back = on_the_way_back(world)
    begun = (one for one in browser.jar if one.name.startswith("__Host-launch-"))
    cookies = "; ".join(f"{one.name}={one.value}" for one in begun)
    assert browser.ask("GET", back).status_code == 303

    assert Browser(world).ask("GET", back, headers={"Cookie": cookies}).status_code == 400
    assert token_requests(world) == 1
