"""A visit in the context of a token is a hint: what belongs to another visit of the same patient is read all the same.
[Our rule; SMART App Launch 2.2, scopes, Launch context]
"""

import pytest

from tests.conformance.smart.asking import QR, showing
from tests.people import patient
from tests.world import World


@pytest.mark.parametrize("encounter", [None, "six-done-1", "six-done-2"])
def test_it_limits_nothing(world: World, encounter: str | None) -> None:
    patient(world).write("six-done-1", {"ai1.1": "mine"})

    assert len(showing(world, encounter=encounter).get(QR).json()["entry"]) == 1
