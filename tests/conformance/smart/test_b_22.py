"""An opaque token is asked about at the record system; a good answer counts for half a minute at most, a bad one for
five seconds. [Our rule; RFC 7662 4]
"""

from tests.conformance.smart.asking import QR
from tests.people import App
from tests.web.opaque_tokens import opaque, questions, with_opaque_tokens
from tests.world import CLINIC, WorldWith


def test_a_good_answer_counts_for_half_a_minute(world_with: WorldWith) -> None:
    world = with_opaque_tokens(world_with)
    token = opaque(world)
    app, tokens = App(world, token), world.sandboxes[CLINIC].parts.tokens
    assert {app.get(QR).status_code for _ in range(5)} == {200}
    assert questions(world) == 1

    tokens.revoke(token, tokens.standing(token))
    world.clock.pass_time(seconds=30)
    assert app.get(QR).status_code == 401
    assert questions(world) == 2


def test_never_beyond_the_tokens_own_end(world_with: WorldWith) -> None:
    world = with_opaque_tokens(world_with)
    app = App(world, opaque(world, exp=int(world.clock().timestamp()) + 10))
    assert app.get(QR).status_code == 200

    world.clock.pass_time(seconds=11)
    assert app.get(QR).status_code in (200, 401)
    assert questions(world) == 2


def test_a_bad_answer_counts_for_five_seconds(world_with: WorldWith) -> None:
    world = with_opaque_tokens(world_with)
    app = App(world, "made-up")
    assert {app.get(QR).status_code for _ in range(5)} == {401}
    assert questions(world) == 1

    world.clock.pass_time(seconds=6)
    assert app.get(QR).status_code == 401
    assert questions(world) == 2
