"""Encounters over FHIR: the visits that entries are linked to, within reach, as the record system last showed them."""

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.encounter import Encounter

from service.audit.record import Deed
from tests.people import App, app_of, backend_app, patient, staff_app
from tests.web.fhir_answers import QR, ids, issues
from tests.workflow.remembered import log
from tests.world import EHR, OTHER, World

NAME = "patient-six-done"
SCOPE = "patient/Encounter.rs patient/QuestionnaireResponse.rs"


def mine(world: World, name: str = NAME, **claims: Any) -> App:
    return app_of(world, name, **({"scope": SCOPE} | claims))


def everybody(world: World) -> list[App]:
    return [
        mine(world),
        staff_app(world, chart=NAME, scope="user/Encounter.rs"),
        staff_app(world, scope="user/Encounter.rs"),
        backend_app(world, scope="system/Encounter.rs"),
    ]


def test_the_visit_of_a_response_is_there_and_names_its_place_in_the_record_system(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": "words"})
    [entry] = mine(world).get(QR).json()["entry"]
    link = entry["resource"]["encounter"]["reference"]

    for app in everybody(world):
        answer = app.get(link)
        value = answer.json()
        Encounter.model_validate(value)
        assert (value["id"], value["subject"]) == ("six-done-1", {"reference": f"Patient/{NAME}"})
        assert value["meta"]["source"] == f"{EHR}/fhir/Encounter/six-done-1"
        assert value["status"] == "finished"
        assert answer.headers["cache-control"] == "no-store"
        assert app.get(link, **{"If-None-Match": answer.headers["etag"]}).status_code == 304
    theirs = world.records().read("Encounter", "six-done-1")
    assert value["class"]["code"] == theirs["class"]["code"]


def test_visits_are_found_in_pages_counted_and_by_each_parameter(world: World) -> None:
    patient(world), patient(world, "patient-eight-done")
    app = mine(world)
    everything = ids(app.get("Encounter"))
    assert "six-done-1" in everything
    assert all(one.startswith("six-done") for one in everything)
    seen: list[str] = []
    url: str | None = "Encounter?_count=2&_total=accurate"
    while url is not None:
        answer = app.get(url.removeprefix(f"{world.base}/"))
        Bundle.model_validate(answer.json())
        assert answer.json()["total"] == len(everything)
        seen += ids(answer)
        url = {link["relation"]: link["url"] for link in answer.json()["link"]}.get("next")
    assert seen == everything
    assert ids(app.get("Encounter?_id=six-done-1,six-done-2,eight-done-1")) == ["six-done-1", "six-done-2"]
    assert ids(app.get(f"Encounter?patient={quote(f'{world.base}/Patient/{NAME}')}")) == everything
    assert ids(app.get(f"Encounter?subject=Patient/{NAME}&_id=six-done-2")) == ["six-done-2"]
    assert app.get("Encounter?_summary=count").json()["total"] == len(everything)
    assert app.get("Encounter?patient=patient-eight-done").status_code == 403


@pytest.mark.parametrize(
    "query", ["date=x", "status=done", "_sort=date", "after=x", "location=a", "class:in=x", "status:above=x"]
)
def test_what_is_not_understood_is_refused(world: World, query: str) -> None:
    assert mine(world).get(f"Encounter?{query}", Prefer="handling=lenient").status_code == 400


def test_a_foreign_visit_looks_exactly_like_one_that_is_not(world: World) -> None:
    patient(world, "patient-eight-done")
    outsiders = [
        mine(world),
        mine(world, clinic=OTHER),
        staff_app(world, chart=NAME, scope="user/Encounter.rs"),
        staff_app(world, "clinician-2", scope="user/Encounter.rs"),
        backend_app(world, scope="system/Encounter.rs", client_id="somebody"),
    ]
    for app in outsiders:
        absent, foreign = app.get(f"Encounter/{uuid4()}"), app.get("Encounter/eight-done-1")
        assert (foreign.status_code, foreign.content) == (404, absent.content)
        assert ids(app.get("Encounter?_id=eight-done-1")) == []
    assert app_of(world).get("Encounter").status_code == 403
    assert issues(App(world).get("Encounter/six-done-1")) == ["login"]


def test_each_look_is_remembered(world: World) -> None:
    patient(world)
    before = len(log(world))

    mine(world).get("Encounter/six-done-1")
    mine(world).get("Encounter?_id=six-done-1")

    told = [(one.deed, one.what, one.patient) for one in log(world)[before:]]
    assert told == [(Deed.READ, "Encounter/six-done-1", NAME), (Deed.SEARCH, "Encounter", NAME)]


def test_a_visit_is_found_by_what_was_seen_of_it(world: World) -> None:
    """Period, class, type and status, each against the resource as it is served."""
    patient(world)
    app = mine(world)
    visits = [one["resource"] for one in app.get("Encounter").json()["entry"]]
    names = [one["id"] for one in visits]
    first = visits[0]
    day, code = first["period"]["start"][:10], first["type"][0]["coding"][0]

    for query in (
        "status=finished",
        f"class={first['class']['code']}",
        f"class={quote(first['class']['system'])}%7C{first['class']['code']}",
        f"type={code['code']}",
        f"type={quote(code['system'])}%7C",
        f"date={day}",
        f"date=ge{day}&date=ap{day}",
        f"date:missing=false&_id={first['id']}",
    ):
        found = app.get(f"Encounter?{query}&_total=accurate")
        assert first["id"] in ids(found), query
        assert found.json()["total"] == len(ids(found))
        assert set(ids(app.get(f"Encounter?_count=1&{query}"))) <= set(names)
    for query in (
        f"date=lt{day}",
        f"date=sa{day}",
        "type=x",
        f"type=urn:x%7C{code['code']}",
        "class=|x",
        "status=planned",
    ):
        assert first["id"] not in ids(app.get(f"Encounter?{query}")), query
    absent = {one["id"] for one in visits if one["status"] != "finished"}
    assert set(ids(app.get("Encounter?status:not=finished"))) == absent
