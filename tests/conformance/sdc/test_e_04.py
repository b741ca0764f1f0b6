"""Responses are found by who answered. [SDC 4.0 CapabilityStatement sdc-form-response-manager]"""

from tests.conformance.sdc.asking import NAME, first_set, mine, taken
from tests.conformance.sdc.searching import found
from tests.world import World


def test_the_source_finds_it(world: World) -> None:
    kept = taken(world, first_set(world))

    assert found(mine(world), source=f"Patient/{NAME}") == [kept["id"]]
    assert found(mine(world), source="RelatedPerson/somebody") == []
