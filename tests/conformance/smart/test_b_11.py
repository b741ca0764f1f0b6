"""c creates, r reads a resource, its versions and its history, u updates, s searches; no letter lends itself to another
interaction. [SMART App Launch 2.2, scopes, Scopes for requesting FHIR Resources]
"""

import httpx2
import pytest

from tests.conformance.smart.asking import QR, scoped
from tests.factories import response
from tests.people import App, app_of
from tests.web.changing import answered, put
from tests.world import World

INTERACTIONS = ("create", "read", "vread", "history", "update", "search")
OPENS = {"c": {"create"}, "r": {"read", "vread", "history"}, "u": {"update"}, "d": set(), "s": {"search"}}


def _ask(app: App, world: World, kept: dict[str, object], interaction: str) -> httpx2.Response:
    place = f"{QR}/{kept['id']}"
    match interaction:
        case "create":
            return app.post(QR, response(world, 2, encounter="six-done-2"))
        case "update":
            return put(app, answered(kept, "other words") | {"status": "amended"}, 'W/"1"')
        case "search":
            return app.get(QR)
    return app.get(
        {"read": place, "vread": f"{place}/_history/1", "history": f"{place}/_history"}[interaction]
    )


@pytest.mark.parametrize("letter", OPENS)
def test_each_letter_opens_its_own(world: World, letter: str) -> None:
    kept = app_of(world).post(QR, response(world)).json()
    world.clock.pass_time(minutes=1)
    app = scoped(world, f"patient/{QR}.{letter}")

    for interaction in INTERACTIONS:
        status = _ask(app, world, kept, interaction).status_code
        assert status in ((200, 201) if interaction in OPENS[letter] else (403,)), interaction
