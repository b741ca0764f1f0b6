"""The history of one resource is a Bundle of its versions, the newest first, each with how it came to be; _count and
_since narrow it. [FHIR R4 http, history]
"""

from urllib.parse import quote

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.conformance.rest.asking import DR, QR, SET, Day, below, created, links, mine
from tests.web.changing import answered, put
from tests.world import World


def test_each_version_stands_there_with_how_it_came_to_be(world: World) -> None:
    kept = created(world).json()
    place = f"{QR}/{kept['id']}"
    put(mine(world), answered(kept, "other words") | {"status": "amended"}, 'W/"1"')
    told = mine(world).get(f"{place}/_history").json()

    Bundle.model_validate(told)
    assert told["type"] == "history"
    assert [one["resource"]["meta"]["versionId"] for one in told["entry"]] == ["2", "1"]
    assert [one["request"] for one in told["entry"]] == [
        {"method": "PUT", "url": place},
        {"method": "POST", "url": QR},
    ]
    assert [one["response"]["status"][:3] for one in told["entry"]] == ["200", "201"]
    for one in told["entry"]:
        assert one["response"]["lastModified"] == one["resource"]["meta"]["lastUpdated"]


def test_count_and_since_narrow_it(world: World) -> None:
    kept = created(world).json()
    app, place = mine(world), f"{QR}/{kept['id']}/_history"
    second = put(app, answered(kept, "other words") | {"status": "amended"}, 'W/"1"').json()
    since = quote(second["meta"]["lastUpdated"])
    page = app.get(f"{place}?_count=1")

    assert [one["resource"] for one in page.json()["entry"]] == [second]
    rest = app.get(below(world, links(page)["next"])).json()
    assert [one["resource"] for one in rest["entry"]] == [kept]
    assert [one["resource"] for one in app.get(f"{place}?_since={since}").json()["entry"]] == [second]


@pytest.mark.parametrize("kind", [DR, "Task", "Questionnaire"])
def test_each_type_with_versions_has_its_history(day: Day, kind: str) -> None:
    place = SET if kind == "Questionnaire" else day.place(kind)
    told = day.app.get(f"{place}/_history").json()

    Bundle.model_validate(told)
    assert told["type"] == "history"
    assert {one["fullUrl"] for one in told["entry"]} == {f"{day.world.base}/{place}"}
