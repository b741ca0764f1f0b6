"""Each response names the infusion's encounter once that is known, however it came.
[house rule; FHIR R4 questionnaireresponse, encounter]
"""

from tests.conformance.sdc.asking import QR, first_set, mine, put, taken
from tests.conformance.sdc.written import written
from tests.world import World

FIRST = {"reference": "Encounter/six-done-1"}


def test_from_an_app_as_from_a_page(world: World) -> None:
    assert taken(world, first_set(world))["encounter"] == FIRST
    assert written(world, 2)["encounter"] == {"reference": "Encounter/six-done-2"}


def test_a_draft_comes_to_its_infusion_when_it_is_named(world: World) -> None:
    kept = taken(world, first_set(world, encounter=None, status="in-progress"))
    assert "encounter" not in kept

    assert put(world, kept | {"encounter": FIRST}).json()["encounter"] == FIRST
    assert mine(world).get(f"{QR}/{kept['id']}").json()["encounter"] == FIRST
