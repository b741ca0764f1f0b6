"""After a token was taken back, what it opened is refused, and the refresh token of its grant as well; at our base
where the clinic has every token asked about, signed ones too, since nothing else tells us. [The (g)(10) test kit; RFC
7009 2.1]
"""

from collections.abc import Callable

import pytest

from tests.conformance.smart.asking import QR
from tests.conformance.smart.granting import VISITS, granted
from tests.people import App, signed_token
from tests.sandbox.conftest import BASE, Clinic
from tests.web.opaque_tokens import opaque, with_opaque_tokens
from tests.world import CLINIC, World, WorldWith


def _signed(world: World) -> str:
    return signed_token(world, scope=f"openid fhirUser patient/{QR}.rs")


@pytest.mark.parametrize("made", [opaque, _signed])
def test_at_our_base(world_with: WorldWith, made: Callable[[World], str]) -> None:
    world = with_opaque_tokens(world_with)
    token, tokens = made(world), world.sandboxes[CLINIC].parts.tokens
    assert App(world, token).get(QR).status_code == 200

    tokens.revoke(token, tokens.standing(token))
    world.clock.pass_time(seconds=30)
    assert App(world, token).get(QR).status_code == 401


def test_at_the_sandbox(clinic: Clinic) -> None:
    app, said = granted(clinic)
    app.http.post(f"{BASE}/auth/revoke", data={"client_id": app.client_id, "token": said["refresh_token"]})

    assert app.read(VISITS, said["access_token"]).status_code in (401, 403, 404)
    assert app.refresh(said["refresh_token"]).status_code in (400, 401)
