"""We ask about a token with a posted form, for JSON, proving who we are; the token stands in no address. [SMART App
Launch 2.2, Token Introspection; RFC 7662 2.1]
"""

from collections.abc import Callable
from urllib.parse import parse_qs

import httpx2

from tests.conformance.smart.asking import QR
from tests.people import App
from tests.web.opaque_tokens import opaque, with_opaque_tokens
from tests.world import WorldWith


def test_the_question_is_as_the_standards_say(world_with: WorldWith) -> None:
    world, asked = with_opaque_tokens(world_with), []

    def note(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        if request.url.path.endswith("/introspect"):
            asked.append(request)
        return carry()

    world.net.meddler = note
    token = opaque(world)
    assert App(world, token).get(QR).status_code == 200

    [request] = asked
    form = parse_qs(request.content.decode())
    assert (request.method, request.url.query) == ("POST", b"")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["accept"] == "application/json"
    assert form["token"] == [token]
    assert form["client_assertion"]
    assert not [one for one in world.net.asked if token in one]
