"""A create gives id, versionId and lastUpdated itself: what the body says of them is left aside.
[FHIR R4 http, create]
"""

from tests.conformance.rest.asking import QR, fresh, mine
from tests.world import World


def test_the_clients_id_and_meta_are_left_aside(world: World) -> None:
    theirs = {"versionId": "77", "lastUpdated": "1999-01-01T00:00:00Z"}
    answer = mine(world).post(QR, fresh(world, id="mine", meta=theirs))

    kept = answer.json()
    assert (answer.status_code, kept["meta"]["versionId"]) == (201, "1")
    assert kept["id"] != "mine"
    assert kept["meta"]["lastUpdated"].startswith("2026-11-20T")
    assert mine(world).get(f"{QR}/mine").status_code == 404
