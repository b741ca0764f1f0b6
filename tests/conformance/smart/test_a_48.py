"""`auth_time` and `max_age` are not sent to a server that has not said that it takes them; we send them to none. [SMART
App Launch 2.2, scopes, Scopes for requesting identity data]
"""

import pytest

from tests.conformance.smart.launching import at_the_door, query_of
from tests.world import EHR, World


@pytest.mark.parametrize("kind", ["patient", "clinician", "officer"])
def test_neither_is_sent(world: World, kind: str) -> None:
    sent = query_of(at_the_door(world, kind, iss=f"{EHR}/fhir", launch="x").headers["location"])

    assert not {"auth_time", "max_age", "claims"} & sent.keys()
