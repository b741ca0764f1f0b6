"""A confidential client proves itself by a key rather than by a secret: that is what a clinic's file says where it says
nothing else. [SMART App Launch 2.2, app-launch, Obtain access token]
"""

from service.clinic import App
from tests.people import patient
from tests.world import CLINIC, World


def test_a_key_is_the_rule() -> None:
    assert App(client_id="journal", scopes="openid").kind == "confidential-asymmetric"


def test_the_pages_prove_themselves_by_one(world: World) -> None:
    patient(world)

    apps = world.desk.clinic(CLINIC).apps.values()
    assert all(app.caller.registration.keys and app.caller.registration.secret is None for app in apps)
