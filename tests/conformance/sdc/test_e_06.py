"""Every version of one response can be read, the newest first.
[SDC 4.0 CapabilityStatement sdc-form-response-manager, history-instance]
"""

from tests.conformance.sdc.asking import QR, first_set, mine, put, taken
from tests.world import World


def test_its_past_is_told(world: World) -> None:
    kept = taken(world, first_set(world))
    world.clock.pass_time(minutes=1)
    other = [{"linkId": "ai1.2", "answer": [{"valueString": "other words"}]}]
    amended = put(world, kept | {"status": "amended", "item": other}).json()

    past = mine(world).get(f"{QR}/{kept['id']}/_history").json()

    assert (past["type"], [one["resource"] for one in past["entry"]]) == ("history", [amended, kept])
