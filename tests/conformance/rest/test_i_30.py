"""An update's body bears the id of its address; without one, or with another, it is 400. [FHIR R4 http, update]"""

import pytest

from tests.conformance.rest.asking import QR, created, issue_codes, mine
from tests.web.changing import answered, put
from tests.world import World


@pytest.mark.parametrize("id_said", [None, "another", ""])
def test_the_id_is_that_of_the_address(world: World, id_said: str | None) -> None:
    kept = created(world).json()
    said = answered(kept, "other words") | {"status": "amended", "id": id_said}
    body = {name: value for name, value in said.items() if value is not None}
    answer = put(mine(world), body, 'W/"1"', kept["id"])

    assert answer.status_code == 400, answer.text
    assert issue_codes(answer)
    assert mine(world).get(f"{QR}/{kept['id']}").json() == kept
