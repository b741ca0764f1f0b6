"""Where a refresh is refused the visit ends with a page that says to sign in again, and what was being written is there
afterwards. [Our rule; SMART App Launch 2.2, app-launch, Refresh access token]
"""

from collections.abc import Callable

import httpx2
import pytest

from tests.conformance.smart.launching import TOKEN_PATH
from tests.people import patient
from tests.web.kept_words import draft_of
from tests.world import World


@pytest.mark.parametrize("status", [400, 401])
def test_the_visit_ends_and_the_words_stay(world: World, status: int) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    assert ada.type(key, 1, {"ai1.1": "the harbour lay still"}).status_code == 200
    world.clock.pass_time(minutes=61)

    def refuse(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        if request.url.path != TOKEN_PATH:
            return carry()
        kind = {"Content-Type": "application/json"}
        return httpx2.Response(status, headers=kind, stream=httpx2.ByteStream(b'{"error":"invalid_grant"}'))

    world.net.meddler = refuse
    answer = ada.get()
    assert answer.status_code == 401
    assert "sign in" in answer.text.lower()

    world.net.meddler = None
    assert ada.get().status_code == 401
    assert draft_of(world, key) == {"ai1.1": "the harbour lay still"}
    assert patient(world).home.status == 200
