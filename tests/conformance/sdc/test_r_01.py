"""When the answers changed is the app's to say; when the resource changed is ours, and the two are told apart.
[FHIR R4 questionnaireresponse, authored]
"""

from datetime import datetime

from tests.conformance.sdc.asking import first_set, put, taken
from tests.world import World


def test_the_two_times_are_told_apart(world: World) -> None:
    claimed = {"versionId": "7", "lastUpdated": "1999-01-01T00:00:00Z"}
    kept = taken(world, first_set(world, authored="2026-11-19T08:00:00Z", meta=claimed))
    amended = put(world, kept | {"status": "amended", "authored": "2026-11-20T08:00:00Z"}).json()

    assert (kept["authored"], amended["authored"]) == ("2026-11-19T08:00:00Z", "2026-11-20T08:00:00Z")
    for one in (kept, amended):
        assert datetime.fromisoformat(one["meta"]["lastUpdated"]).day == 20
