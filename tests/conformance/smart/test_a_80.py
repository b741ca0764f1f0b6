"""Every launch asks for `openid` and `fhirUser`, since the audit names a person. [Our rule; SMART App Launch 2.2,
scopes, Scopes for requesting identity data]
"""

import pytest

from tests.conformance.smart.launching import at_the_door, query_of
from tests.people import Browser
from tests.world import CLINIC, EHR, JOURNAL, World


@pytest.mark.parametrize("kind", ["patient", "clinician", "officer"])
def test_from_the_record_system_and_from_a_bookmark(world: World, kind: str) -> None:
    alone = Browser(world).ask("GET", f"{JOURNAL}/launch/{CLINIC}/{kind}")

    for answer in (at_the_door(world, kind, iss=f"{EHR}/fhir", launch="x"), alone):
        assert {"openid", "fhirUser"} <= set(query_of(answer.headers["location"])["scope"].split(" "))
