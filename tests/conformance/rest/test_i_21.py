"""A conditional create makes it where nothing matches; where one matches it answers 200 with that one's place and ETag
and changes nothing. More than one never matches: an identifier is kept once. [FHIR R4 http, conditional create]
"""

from tests.conformance.rest.asking import QR, fresh, mine, names
from tests.world import World


def test_the_second_time_nothing_is_made(world: World) -> None:
    app, sent = mine(world), fresh(world)
    once = {"If-None-Exist": f"identifier={sent['identifier']['value']}"}
    first, second = app.post(QR, sent, **once), app.post(QR, sent, **once)

    assert (first.status_code, second.status_code) == (201, 200)
    for name in ("location", "etag", "last-modified"):
        assert second.headers[name] == first.headers[name]
    assert names(app.get(QR)) == [first.json()["id"]]


def test_what_matches_is_not_changed(world: World) -> None:
    app, sent = mine(world), fresh(world)
    first = app.post(QR, sent).json()
    other = sent | {"item": [{"linkId": "ai1.1", "answer": [{"valueString": "other words"}]}]}
    again = app.post(QR, other, **{"If-None-Exist": f"identifier={sent['identifier']['value']}"})

    assert (again.status_code, app.get(f"{QR}/{first['id']}").json()) == (200, first)
