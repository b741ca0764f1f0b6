"""Twenty equal conditional creates at the same moment make one resource; the others are told of it.
[FHIR R4 http, conditional create; ours]
"""

from concurrent.futures import ThreadPoolExecutor

from tests.conformance.rest.asking import QR, fresh, mine, names
from tests.world import World


def test_twenty_at_once_make_one(world: World) -> None:
    app, sent = mine(world), fresh(world)
    app.get(QR)  # the first to ask has the record system's keys fetched
    once = {"If-None-Exist": f"identifier={sent['identifier']['value']}"}
    with ThreadPoolExecutor(20) as many:
        answers = list(many.map(lambda _: app.post(QR, sent, **once), range(20)))

    # Those that came while the first was being kept are told of it as their own.
    assert {201} <= {one.status_code for one in answers} <= {200, 201}
    assert len({one.headers["location"] for one in answers}) == 1
    assert names(app.get(QR)) == [answers[0].json()["id"]]
