"""A version is read at its number: the body bears id and versionId of it, and an unknown number is 404.
[FHIR R4 http, vread]
"""

import pytest

from tests.conformance.rest.asking import DR, QR, SET, Day, created, found_in, issue_codes, mine
from tests.web.changing import answered, put
from tests.world import World


def places(day: Day) -> dict[str, str]:
    return {"Questionnaire": SET, QR: day.place(QR), DR: day.place(DR), "Task": day.place("Task")}


@pytest.mark.parametrize("kind", ["Questionnaire", QR, DR, "Task"])
def test_each_version_is_read_at_its_number(day: Day, kind: str) -> None:
    place = places(day)[kind]
    past = [one["resource"] for one in day.app.get(f"{place}/_history").json()["entry"]]

    assert past
    for version in past:
        number = version["meta"]["versionId"]
        answer = day.app.get(f"{place}/_history/{number}")
        assert f"{kind}/{answer.json()['id']}" == place
        assert (answer.json(), answer.headers["etag"]) == (version, f'W/"{number}"')


def test_where_the_statement_says_that_the_past_is_read_it_is(world: World) -> None:
    kept, app = created(world).json(), mine(world)
    world.deliver()
    put(app, answered(kept, "other words") | {"status": "amended"}, 'W/"1"')
    world.deliver()
    [task] = found_in(app.get("Task?encounter=Encounter/six-done-1"))
    told = {one["type"]: one["readHistory"] for one in app.get("metadata").json()["rest"][0]["resource"]}

    assert (told[QR], told[DR]) == (True, True)
    for place in (f"{QR}/{kept['id']}", f"{DR}/{kept['id']}", f"Task/{task['id']}"):
        assert app.get(place).json()["meta"]["versionId"] != "1"
        is_read = app.get(f"{place}/_history/1").status_code == 200
        assert told[place.partition("/")[0]] == is_read, place


@pytest.mark.parametrize("kind", ["Questionnaire", QR, DR, "Task"])
@pytest.mark.parametrize("number", ["0", "99", "01", "x"])
def test_there_is_no_other_version(day: Day, kind: str, number: str) -> None:
    answer = day.app.get(f"{places(day)[kind]}/_history/{number}")

    assert (answer.status_code, issue_codes(answer)) == (404, ["not-found"])
