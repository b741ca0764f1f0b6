"""A server that nobody configured gets a page with status 400 on which its address does not stand as markup, and no
sign-in is begun. [SMART App Launch 2.2, app-launch, App protection; our rule]
"""

from tests.conformance.smart.launching import at_the_door
from tests.world import World

HOSTILE = 'https://evil.example/"><script>alert(1)</script>'


def test_the_page_does_not_repeat_what_was_sent(world: World) -> None:
    answer = at_the_door(world, iss=HOSTILE, launch="x")

    assert answer.status_code == 400
    assert "We could not sign you in" in answer.text
    assert "evil.example" not in answer.text
    assert "set-cookie" not in answer.headers
