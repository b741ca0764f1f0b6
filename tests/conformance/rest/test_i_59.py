"""The history of a response begins with what was sent: a draft has no versions.
[FHIR R4 http, history; product rule 13]
"""

from tests.conformance.rest.asking import QR, Day, created, mine
from tests.web.changing import put
from tests.world import World


def test_a_draft_has_no_past(day: Day) -> None:
    assert day.app.get(f"{QR}/{day.draft}").json()["status"] == "in-progress"
    for path in ("_history", "_history/1", "_history/2"):
        assert day.app.get(f"{QR}/{day.draft}/{path}").status_code == 404


def test_what_was_saved_often_and_sent_has_one_version(world: World) -> None:
    kept = created(world, status="in-progress")
    sent = put(mine(world), kept.json() | {"status": "completed"}, kept.headers["etag"])

    assert sent.status_code == 200, sent.text
    past = mine(world).get(f"{QR}/{kept.json()['id']}/_history").json()
    assert [one["resource"]["meta"]["versionId"] for one in past["entry"]] == ["1"]
    assert past["entry"][0]["resource"]["status"] == "completed"
