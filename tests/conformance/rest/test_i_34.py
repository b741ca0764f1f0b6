"""An update that changes nothing makes no version: 200 with the ETag that was there. [FHIR R4 http, update; ours]"""

from tests.conformance.rest.asking import QR, created, mine
from tests.web.changing import put
from tests.world import World


def test_the_same_again_keeps_its_version(world: World) -> None:
    kept = created(world).json()
    answer = put(mine(world), kept, 'W/"1"')

    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"1"')
    assert len(mine(world).get(f"{QR}/{kept['id']}/_history").json()["entry"]) == 1
