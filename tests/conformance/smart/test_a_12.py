"""A launch from a server that no clinic configured is refused before a single request leaves for that server. [SMART
App Launch 2.2, app-launch, App protection; our rule against requests that a visitor chooses]
"""

import pytest

from tests.conformance.smart.launching import at_the_door
from tests.world import World


@pytest.mark.parametrize(
    "iss",
    ["https://evil.example/fhir", "http://169.254.169.254/latest", "http://localhost:22/fhir", "file:///x"],
)
def test_nothing_is_asked_of_it(world: World, iss: str) -> None:
    for kind in ("patient", "clinician", "officer"):
        assert at_the_door(world, kind, iss=iss, launch="x").status_code == 400

    assert world.net.asked == []
