"""Responses are found by their identifier and by their encounter, too.
[SDC 4.0 CapabilityStatement sdc-form-response-manager]
"""

from tests.conformance.sdc.asking import first_set, mine, taken
from tests.conformance.sdc.searching import found
from tests.world import World


def test_both_find_it(world: World) -> None:
    kept = taken(world, first_set(world))
    named, app = kept["identifier"], mine(world)

    for written in (named["value"], f"{named['system']}|{named['value']}"):
        assert found(app, identifier=written) == [kept["id"]]
    assert found(app, identifier=f"https://x.example|{named['value']}") == []
    assert found(app, encounter="Encounter/six-done-1") == [kept["id"]]
    assert found(app, encounter="six-done-2") == []
