"""A token that is not active is refused with 401. Where no answer can be had, or one that is none, nobody is let in
either, but the client is told to try again. [Our rule; RFC 7662 2.2]
"""

from collections.abc import Callable

import httpx2
import pytest

from tests.conformance.smart.asking import QR
from tests.people import App
from tests.web.opaque_tokens import opaque, with_opaque_tokens
from tests.world import WorldWith


def _silent() -> httpx2.Response:
    raise httpx2.ReadTimeout("slow")


def _answer(status: int, body: bytes = b"{}") -> Callable[[], httpx2.Response]:
    return lambda: httpx2.Response(status, stream=httpx2.ByteStream(body))


@pytest.mark.parametrize(
    ("says", "status"),
    [
        (_answer(200, b'{"active": false}'), 401),
        (_answer(200, b"{}"), 401),
        (_silent, 503),
        (_answer(500), 503),
        (_answer(401), 503),
        (_answer(200, b"<html>"), 503),
    ],
    ids=["inactive", "no word", "timeout", "broken", "we may not ask", "no JSON"],
)
def test_who_is_let_in(world_with: WorldWith, says: Callable[[], httpx2.Response], status: int) -> None:
    world = with_opaque_tokens(world_with)
    token = opaque(world)

    def meddle(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        return says() if request.url.path.endswith("/introspect") else carry()

    world.net.meddler = meddle
    answer = App(world, token).get(QR)
    assert answer.status_code == status
    assert bool(answer.headers.get("retry-after")) is (status == 503)
