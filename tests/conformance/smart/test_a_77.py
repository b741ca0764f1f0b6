"""An intent that we do not know, or none, leads to the usual first page. [SMART App Launch 2.2, scopes, App Launch
Intent]
"""

import pytest

from tests.conformance.smart.launching import token_answers
from tests.people import patient
from tests.world import World


@pytest.mark.parametrize("intent", ["reconcile-medications", "", 7, ["x"], None])
def test_the_usual_page_opens(world: World, intent: object) -> None:
    world.net.meddler = token_answers(lambda said: said | {"intent": intent})

    assert "Your journal" in patient(world).home.text
