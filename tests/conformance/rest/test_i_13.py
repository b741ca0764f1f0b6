"""An identifier serves once: sent again without If-None-Exist it is a conflict, 409. [FHIR R4 http, create; ours]"""

from tests.conformance.rest.asking import QR, fresh, issue_codes, mine, names
from tests.world import World


def test_the_same_identifier_again_is_a_conflict(world: World) -> None:
    app, sent = mine(world), fresh(world)
    first, second = app.post(QR, sent), app.post(QR, sent)
    another = app.post(QR, fresh(world, 2, identifier=sent["identifier"]))

    assert first.status_code == 201
    for answer in (second, another):
        assert (answer.status_code, issue_codes(answer)) == (409, ["conflict"])
    assert names(app.get(QR)) == [first.json()["id"]]
