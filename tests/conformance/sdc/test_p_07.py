"""Asking for a blank response again leaves alone what was written in the one before. [SDC 4.0 populate]"""

from tests.conformance.sdc.asking import POPULATE, QR, first_set, mine, taken
from tests.conformance.sdc.filling import FIRST, encounter, made, parameters, subject
from tests.world import World


def test_what_was_begun_stays_as_it_is(world: World) -> None:
    kept = taken(world, first_set(world, status="in-progress"))

    again = made(mine(world).post(POPULATE, parameters(FIRST, subject(), encounter())))["response"]

    assert again["identifier"] != kept["identifier"]
    assert mine(world).get(f"{QR}/{kept['id']}").json() == kept
