"""What is created is about the patient of the token; an update of another patient's resource is answered as if there
were none. [Our rule; SMART App Launch 2.2, scopes, Patient-specific scopes]
"""

from tests.conformance.smart.asking import QR, THEIRS, scoped
from tests.factories import response
from tests.web.changing import answered, put
from tests.world import World

SCOPE = f"patient/{QR}.crus"


def test_nothing_is_created_about_another(world: World) -> None:
    about_them = response(world, 1, THEIRS, "eight-done-1")
    answer = scoped(world, SCOPE).post(QR, about_them)

    assert 400 <= answer.status_code < 500
    assert "entry" not in scoped(world, SCOPE, THEIRS).get(QR).json()


def test_what_is_anothers_looks_like_nothing(world: World) -> None:
    theirs = scoped(world, SCOPE, THEIRS).post(QR, response(world, 1, THEIRS, "eight-done-1")).json()
    world.clock.pass_time(minutes=1)
    changed = answered(theirs, "other words") | {"status": "amended"}
    app = scoped(world, SCOPE)
    there, nowhere = put(app, changed, 'W/"1"'), put(app, changed | {"id": "nowhere"}, 'W/"1"')

    # 405: nothing is made by its id here, so that is what an id without a resource gets (decision 0018).
    assert there.status_code == nowhere.status_code == 405
    assert there.json()["issue"] == nowhere.json()["issue"]
    assert scoped(world, SCOPE, THEIRS).get(f"{QR}/{theirs['id']}").json() == theirs
