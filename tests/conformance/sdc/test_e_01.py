"""A server that manages responses lets them be created, read, updated and searched, and says so.
[SDC 4.0 CapabilityStatement sdc-form-response-manager]
"""

from tests.conformance.sdc.asking import QR, first_set, mine, put, taken
from tests.conformance.sdc.searching import found
from tests.people import App
from tests.world import World


def test_each_of_them_is_offered_and_works(world: World) -> None:
    kept = taken(world, first_set(world, status="in-progress"))

    assert mine(world).get(f"{QR}/{kept['id']}").json() == kept
    assert put(world, kept | {"status": "completed"}).status_code == 200
    assert found(mine(world)) == [kept["id"]]


def test_it_is_told_what_is_offered(house: World) -> None:
    told = App(house).get("metadata").json()["rest"][0]["resource"]
    [responses] = [one for one in told if one["type"] == QR]

    codes = {one["code"] for one in responses["interaction"]}
    assert {"create", "read", "update", "search-type"} <= codes
    names = {one["name"] for one in responses["searchParam"]}
    assert {"questionnaire", "status", "subject", "authored", "author"} <= names
