"""An update without If-Match is refused with 400 and the code "required".
[FHIR R4 http, Managing Resource Contention]
"""

from tests.conformance.rest.asking import QR, created, issue_codes, mine
from tests.web.changing import answered, put
from tests.world import World


def test_the_version_that_is_changed_has_to_be_named(world: World) -> None:
    kept = created(world).json()
    answer = put(mine(world), answered(kept, "other words") | {"status": "amended"}, None)

    assert (answer.status_code, issue_codes(answer)) == (400, ["required"])
    assert mine(world).get(f"{QR}/{kept['id']}").json() == kept
