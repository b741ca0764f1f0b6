"""What an operator's machines ask: are you alive, can you work; and the keys that record systems ask for."""

import json
from collections.abc import Iterable

from flask import Response

from service.access.policies import PUBLIC
from service.smart.signing_keys import public_jwks
from service.web.doors import Door
from service.web.guards import desk, wiring
from service.workflow.how_clocks_stand import how_clocks_stand

door = Door("health")


@door.open("/health/live", PUBLIC)
def live() -> Response:
    """The process answers and its writer lives; a writer that stopped by itself needs a new process."""
    return _answer("alive")


@door.open("/health/ready", PUBLIC)
def ready() -> Response:
    """Deeds can be performed and pages can be answered; below stands what somebody should look at meanwhile.

    Clocks keep no page from being answered, so they change nothing about the status.
    """
    return _answer("ready", how_clocks_stand(desk()))


@door.open("/health/room", PUBLIC)
def room() -> Response:
    """The disk has more than the floor free: below it nothing new is begun, and somebody has to make room (F30)."""
    if desk().has_room():
        return Response("room\n", content_type="text/plain")
    return Response("no room\n", 503, content_type="text/plain")


@door.open("/.well-known/jwks.json", PUBLIC)
def keys() -> Response:
    """The public keys that prove us to record systems (SMART D-04)."""
    response = Response(json.dumps(public_jwks(wiring().signing_keys)), content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _answer(word: str, notes: Iterable[str] = ()) -> Response:
    if desk().writer.is_alive:
        return Response("\n".join((word, *notes, "")), content_type="text/plain")
    return Response(f"not {word}\n", 503, content_type="text/plain")
