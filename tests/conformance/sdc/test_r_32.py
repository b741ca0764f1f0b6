"""What was completed is not judged again by codes that changed since.
[SDC 4.0 validation, Managing Dependency Versions]
"""

from dataclasses import replace

from tests.conformance.sdc.asking import QR, answered, mine, publish, taken
from tests.r4.answered import everything
from tests.world import World


def test_it_is_read_and_found_as_it_was(world: World) -> None:
    now = everything()
    publish(world, now)
    kept = taken(world, answered())
    without = tuple(replace(one, options=()) if one.options else one for one in now.items)
    publish(world, replace(now, items=without, status="retired"))

    assert mine(world).get(f"{QR}/{kept['id']}").json() == kept
    assert [one["resource"] for one in mine(world).get(QR).json()["entry"]] == [kept]
