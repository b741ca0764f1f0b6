"""What an operator's machines ask: are you alive, can you work; and the keys that record systems ask for."""

import json

from flask import Response

from service.access.policies import PUBLIC
from service.smart.signing_keys import public_jwks
from service.web.doors import Door
from service.web.guards import desk, wiring

door = Door("health")


@door.open("/health/live", PUBLIC)
def live() -> Response:
    """The process answers."""
    return Response("alive\n", content_type="text/plain")


@door.open("/health/ready", PUBLIC)
def ready() -> Response:
    """Deeds can be performed: the writer runs."""
    if desk().writer.is_alive:
        return Response("ready\n", content_type="text/plain")
    return Response("not ready\n", 503, content_type="text/plain")


@door.open("/.well-known/jwks.json", PUBLIC)
def keys() -> Response:
    """The public keys that prove us to record systems (SMART D-04)."""
    response = Response(json.dumps(public_jwks(wiring().signing_keys)), content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
