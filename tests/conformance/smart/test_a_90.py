"""A refresh token is asked for only where writing takes longer than an access token lives, and only while the person is
there: never for an offline life, never for the officer. [SMART App Launch 2.2, scopes, Scopes for requesting a refresh
token]
"""

import pytest

from tests.conformance.smart.launching import at_the_door, query_of
from tests.world import EHR, World


@pytest.mark.parametrize(("kind", "asks"), [("patient", True), ("clinician", True), ("officer", False)])
def test_who_asks_for_one(world: World, kind: str, asks: bool) -> None:
    sent = query_of(at_the_door(world, kind, iss=f"{EHR}/fhir", launch="x").headers["location"])
    scopes = sent["scope"].split(" ")

    assert ("online_access" in scopes) is asks
    assert "offline_access" not in scopes
