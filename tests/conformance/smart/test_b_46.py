"""A conditional create matches only what its token may see: what another patient keeps under the same identifier is
neither found nor told of. [Our rule; FHIR R4 http, Conditional create]
"""

from uuid import uuid4

import httpx2

from tests.conformance.smart.asking import QR, THEIRS, scoped
from tests.factories import keyed, response
from tests.people import App
from tests.world import World

SCOPE = f"patient/{QR}.crs"


def _once(app: App, body: dict[str, object], value: str) -> httpx2.Response:
    return app.post(QR, body, **{"If-None-Exist": f"identifier={value}"})


def test_anothers_is_no_match_and_not_told_of(world: World) -> None:
    key = str(uuid4())
    theirs = response(world, 1, THEIRS, "eight-done-1", identifier=keyed(key))
    mine = response(world, identifier=keyed(key))
    value = keyed(key)["value"]
    first = _once(scoped(world, SCOPE, THEIRS), theirs, value)
    second = _once(scoped(world, SCOPE), mine, value)

    assert (first.status_code, second.status_code) == (201, 409)
    assert not [word for word in (THEIRS, "eight-done") if word in second.text]
