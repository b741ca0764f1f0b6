"""The audience we name is the FHIR base; from the record system it is the `iss` it sent, letter for letter. [SMART App
Launch 2.2, app-launch, Obtain authorization code]
"""

import pytest

from tests.conformance.smart.launching import at_the_door, query_of
from tests.people import Browser
from tests.world import CLINIC, EHR, JOURNAL, World


@pytest.mark.parametrize("iss", [f"{EHR}/fhir", f"{EHR}/fhir/"])
def test_it_is_the_spelling_that_was_sent(world: World, iss: str) -> None:
    assert query_of(at_the_door(world, iss=iss, launch="x").headers["location"])["aud"] == iss


def test_from_a_bookmark_it_is_the_configured_base(world: World) -> None:
    answer = Browser(world).ask("GET", f"{JOURNAL}/launch/{CLINIC}/patient")

    assert query_of(answer.headers["location"])["aud"] == f"{EHR}/fhir"
