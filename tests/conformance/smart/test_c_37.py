"""A client's key set is fetched with a GET for JSON from its registered address alone, within bounds of size and
without following anybody elsewhere, and kept as long as it says, within half a minute and an hour. [SMART App Launch
2.2, Client Authentication: Asymmetric, Signature Verification; the bounds are ours]
"""

import json
from collections.abc import Callable

import httpx2
import pytest

from service.clinic import ExportClient
from tests.web.systems import ARCHIVE, ARCHIVE_HOME, System, key_of, public
from tests.world import World

ADDRESS = f"{ARCHIVE_HOME}/jwks"
KEYS = json.dumps(public(key_of(ARCHIVE))).encode()


def _told(status: int, body: bytes = b"", **headers: str) -> httpx2.Response:
    # As a stream: a body that is given whole counts as read before the reader comes.
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body))


def _served(world: World, answer: Callable[[], httpx2.Response]) -> list[httpx2.Request]:
    asked: list[httpx2.Request] = []

    def serve(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return answer()

    world.servers[ARCHIVE_HOME] = httpx2.MockTransport(serve)
    return asked


def test_it_is_asked_for_as_json_and_kept_as_long_as_it_says(systems: World) -> None:
    asked = _served(systems, lambda: _told(200, KEYS, **{"Cache-Control": "max-age=120"}))
    for seconds in (0, 100, 30):
        systems.clock.pass_time(seconds=seconds)
        assert System(systems, ARCHIVE).ask_token().status_code == 200

    assert [(one.method, str(one.url), one.headers["accept"]) for one in asked] == [
        ("GET", ADDRESS, "application/json")
    ] * 2


@pytest.mark.parametrize(
    "answer",
    [
        lambda: _told(302, Location="http://localhost:8091/jwks"),
        lambda: _told(200, KEYS.ljust(2 * 1024 * 1024)),
        lambda: _told(200, b"<html>"),
        lambda: _told(500),
    ],
    ids=["elsewhere", "endless", "no JSON", "broken"],
)
def test_what_cannot_be_had_proves_nobody(systems: World, answer: Callable[[], httpx2.Response]) -> None:
    asked = _served(systems, answer)

    assert System(systems, ARCHIVE).ask_token().json()["error"] == "invalid_client"
    assert len(asked) == 1


def test_only_https_may_be_registered_beyond_this_machine() -> None:
    with pytest.raises(ValueError, match="https"):
        ExportClient(client_id="x", scopes="system/AuditEvent.rs", jwks_url="http://siem.example/jwks")
