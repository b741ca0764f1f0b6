"""A response can be judged at the type and at one that is kept: as it is, or in Parameters with a mode and a profile.
[FHIR R4 resource, validate]
"""

import pytest

from tests.conformance.sdc.asking import QR, VALIDATE, Value, first_set, mine, taken, told
from tests.conformance.sdc.filling import parameters
from tests.world import World

FINE = [("informational", "", "information")]
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaireresponse"
SAID: dict[str, tuple[Value, ...]] = {
    "nothing else": (),
    "create": ({"name": "mode", "valueCode": "create"},),
    "profile": ({"name": "mode", "valueCode": "profile"}, {"name": "profile", "valueUri": SDC}),
}


@pytest.mark.parametrize("name", SAID)
def test_it_comes_as_it_is_or_in_parameters(house: World, name: str) -> None:
    resource = {"name": "resource", "resource": first_set(house)}

    assert told(mine(house).post(VALIDATE, first_set(house))) == FINE
    assert told(mine(house).post(VALIDATE, parameters(resource, *SAID[name]))) == FINE


def test_at_one_that_is_kept_a_change_is_judged(world: World) -> None:
    kept = taken(world, first_set(world))
    path = f"{QR}/{kept['id']}/$validate?mode=update"

    assert told(mine(world).post(path, kept)) == FINE
    back = mine(world).post(path, kept | {"status": "in-progress"})
    assert told(back) == [("business-rule", f"{QR}.status", "error")]


def test_an_absent_one_is_not_judged(house: World) -> None:
    assert mine(house).post(f"{QR}/no-such-id/$validate", first_set(house)).status_code == 404
