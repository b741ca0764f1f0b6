"""Each page asks for the scopes it needs and no more: no wildcard, no writing, and for patients no other level than
their own. [SMART App Launch 2.2, app-launch, Obtain authorization code]
"""

import pytest

from tests.conformance.smart.launching import at_the_door, query_of
from tests.world import EHR, World

NEEDED = {
    "patient": {"patient/Patient.r", "patient/Encounter.rs"},
    "clinician": {"user/Patient.r", "user/Encounter.rs"},
    "officer": set(),
}


@pytest.mark.parametrize("kind", NEEDED)
def test_no_page_asks_for_more_than_it_reads(world: World, kind: str) -> None:
    sent = query_of(at_the_door(world, kind, iss=f"{EHR}/fhir", launch="x").headers["location"])

    assert {one for one in sent["scope"].split(" ") if "/" in one} == NEEDED[kind]
