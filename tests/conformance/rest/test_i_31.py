"""An update is answered 200 with the new version's ETag and time; nothing is made by its id, which is 405.
[FHIR R4 http, update; Rejecting Updates]
"""

from tests.conformance.rest.asking import QR, created, fresh, issue_codes, mine
from tests.web.changing import answered, put
from tests.world import World


def test_an_update_is_a_new_version(world: World) -> None:
    kept = created(world).json()
    answer = put(mine(world), answered(kept, "other words") | {"status": "amended"}, 'W/"1"')

    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    assert answer.headers["last-modified"]
    assert mine(world).get(f"{QR}/{kept['id']}").json() == answer.json()


def test_nothing_is_made_by_its_id(world: World) -> None:
    answer = put(mine(world), fresh(world, id="an-id-of-mine"), 'W/"1"')

    assert (answer.status_code, issue_codes(answer)) == (405, ["not-supported"])
    assert mine(world).get(f"{QR}/an-id-of-mine").status_code == 404
    told = mine(world).get("metadata").json()["rest"][0]["resource"]
    assert {one["updateCreate"] for one in told} == {False}
