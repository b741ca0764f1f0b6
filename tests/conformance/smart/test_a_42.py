"""The state is new in every launch and carries at least 122 bits that nobody can guess. [SMART App Launch 2.2,
app-launch, Obtain authorization code]
"""

import base64

from service.smart import launch
from tests.conformance.smart.launching import CONFIGURATION, SCOPE, began
from tests.smart.people import NOW, REDIRECT, registration


def test_no_two_are_alike_and_each_is_long() -> None:
    states = {began().pending.state for _ in range(200)}

    assert len(states) == 200
    assert all(len(base64.urlsafe_b64decode(one + "==")) * 8 >= 122 for one in states)


def test_every_bit_comes_from_the_source_of_chance() -> None:
    drawn: list[bytes] = []

    def chance(count: int) -> bytes:
        drawn.append(bytes([len(drawn)]) * count)
        return drawn[-1]

    begun = launch.begin(
        CONFIGURATION,
        registration(),
        redirect_uri=REDIRECT,
        scope=SCOPE,
        launch=None,
        now=NOW,
        random=chance,
    )
    assert base64.urlsafe_b64decode(begun.pending.state + "=") in drawn
