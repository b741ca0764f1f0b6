"""Our launch addresses take a GET with `iss` and `launch`, and refuse one that lacks either. [SMART App Launch 2.2,
app-launch, Launch App: EHR Launch]
"""

import pytest

from tests.conformance.smart.launching import at_the_door
from tests.world import EHR, World

ISS = f"{EHR}/fhir"


@pytest.mark.parametrize("kind", ["patient", "clinician", "officer"])
def test_with_both_the_browser_goes_on_to_the_record_system(world: World, kind: str) -> None:
    answer = at_the_door(world, kind, iss=ISS, launch="x")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{EHR}/auth/authorize?")


@pytest.mark.parametrize("query", [{}, {"iss": ISS}, {"launch": "x"}, {"iss": ISS, "launch": ""}], ids=str)
def test_without_one_of_them_it_goes_nowhere(world: World, query: dict[str, str]) -> None:
    answer = at_the_door(world, **query)

    assert answer.status_code == 400
    assert "location" not in answer.headers
