"""A part of a resource is not taken in place of the whole: 422. [FHIR R4 http, read; ours]"""

from tests.conformance.rest.asking import QR, created, fresh, issue_codes, mine
from tests.web.changing import put
from tests.world import World


def test_an_excerpt_is_not_put_in_the_place_of_the_whole(world: World) -> None:
    kept = created(world).json()
    part = mine(world).get(f"{QR}/{kept['id']}?_elements=item,questionnaire,subject,authored").json()
    answer = put(mine(world), part | {"status": "amended"}, 'W/"1"')

    assert answer.status_code == 422, answer.text
    assert f"{QR}.meta.tag" in [one["expression"][0] for one in answer.json()["issue"]]
    assert mine(world).get(f"{QR}/{kept['id']}").json() == kept


def test_nor_is_one_created(world: World) -> None:
    tag = mine(world).get("Questionnaire?_summary=true").json()["entry"][0]["resource"]["meta"]["tag"]
    answer = mine(world).post(QR, fresh(world, meta={"tag": tag}))

    assert (answer.status_code, "business-rule" in issue_codes(answer)) == (422, True)
