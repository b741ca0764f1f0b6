"""A refresh token is spent once: of many requests at the end of a token's life one renews it, and the next renewal
shows the new one. [SMART App Launch 2.2, Best Practices; that they take turns is ours]
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import httpx2

from tests.conformance.smart.launching import TOKEN_PATH
from tests.people import patient
from tests.world import World


def test_none_is_spent_twice(world: World) -> None:
    spent: list[str] = []

    def note(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        if request.url.path == TOKEN_PATH:
            spent.extend(parse_qs(request.content.decode()).get("refresh_token", ()))
        return carry()

    ada = patient(world)
    world.net.meddler = note
    for _ in range(2):
        world.clock.pass_time(minutes=61)
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda _: ada.get().status_code, range(16))) == {200}

    assert len(spent) == len(set(spent)) == 2
