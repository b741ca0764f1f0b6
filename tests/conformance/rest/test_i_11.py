"""What was created is told by 201 with Location, naming the version, and with ETag and Last-Modified.
[FHIR R4 http, create]
"""

from tests.conformance.rest.asking import QR, below, created, mine
from tests.world import World


def test_the_place_of_what_was_created_is_told(world: World) -> None:
    answer = created(world)

    made = answer.json()
    assert answer.headers["location"] == f"{world.base}/{QR}/{made['id']}/_history/1"
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["last-modified"]
    assert mine(world).get(below(world, answer.headers["location"])).json() == made


def test_a_draft_stands_at_its_own_address(world: World) -> None:
    """Its revisions are no versions; R4 names this form for what is not versioned."""
    answer = created(world, status="in-progress")

    assert answer.headers["location"] == f"{world.base}/{QR}/{answer.json()['id']}"
    assert mine(world).get(below(world, answer.headers["location"])).status_code == 200
