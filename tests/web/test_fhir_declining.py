"""A patient's app says "not today" of a Task, and nobody says anything else of one (T-03)."""

import json
from typing import Any

import httpx2
from fhir.resources.R4B.task import Task

from tests.people import FHIR_JSON, App, app_of, backend_app, patient, staff_app
from tests.web.fhir_answers import issues
from tests.web.test_fhir_tasks import SCOPES, Value, by_visit, tasks_app
from tests.world import OTHER, World


def declining(world: World, name: str = "patient-six-done", **claims: Any) -> App:
    return app_of(world, name, scope=f"{SCOPES} patient/Task.u", **claims)


def put(app: App, task: Value, version: str | None = 'W/"1"', **changed: Any) -> httpx2.Response:
    """The Task sent back with these changes."""
    headers = {"If-Match": version} if version is not None else {}
    body = json.dumps(task | changed).encode()
    return app.ask("PUT", f"Task/{task['id']}", content=body, headers=FHIR_JSON | headers)


def test_a_patients_app_says_not_today_and_the_page_says_it_too(world: World) -> None:
    """T-03: the set is declined as on the page, once; what was written stays the patient's own, to be taken up."""
    ada, app = patient(world), declining(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "planted words"})
    tasks = by_visit(app)

    answer = put(app, tasks["six-done-1"], status="rejected")
    again = put(app, answer.json(), 'W/"2"')
    unbegun = put(app, tasks["six-done-2"], status="rejected", statusReason={"text": "not today"})

    Task.model_validate(answer.json())
    assert (answer.status_code, answer.headers["etag"], answer.json()["status"]) == (200, 'W/"2"', "rejected")
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"2"')
    assert (unbegun.status_code, unbegun.json()["statusReason"]) == (200, {"text": "not today"})
    assert b"planted" not in answer.content
    assert "planted words" in ada.get(f"entry/{key}/all").text
    ada.post("refresh")
    assert by_visit(app)["six-done-1"]["status"] == "rejected"
    ada.send(key, 3)
    assert by_visit(app)["six-done-1"]["status"] == "completed"


def test_nothing_else_of_a_task_can_be_changed(world: World) -> None:
    """Each other step and each other element is refused, and the Task stays as it was."""
    ada, app = patient(world), declining(world)
    ada.write("six-done-2", {"ai2.1": "x"})
    tasks = by_visit(app)
    open_one, done = tasks["six-done-1"], tasks["six-done-2"]

    for status in ("completed", "cancelled", "failed", "draft", "nonsense", None, 7, ["rejected"]):
        assert put(app, open_one, status=status).status_code == 422, status
    for status in ("requested", "rejected", "failed"):
        assert put(app, done, 'W/"2"', status=status).status_code == 422, status
    for changed in (
        {"owner": {"reference": "Patient/patient-eight-done"}},
        {"for": {"reference": "Patient/patient-eight-done"}},
        {"encounter": {"reference": "Encounter/six-done-2"}},
        {"input": []},
        {"priority": "stat"},
        {"note": [{"text": "words"}]},
    ):
        refused = put(app, open_one, status="rejected", **changed)
        assert (refused.status_code, issues(refused)) == (422, ["business-rule"]), changed
    for changed in (
        {"statusReason": "not today"},
        {"statusReason": {"words": "x"}},
        {"meta": "x"},
        {"lastModified": "today"},
    ):
        refused = put(app, open_one, status="rejected", **changed)
        assert (refused.status_code, issues(refused)) != (422, ["business-rule"]), changed
        assert refused.status_code == 422, changed
    assert (put(app, open_one, None, status="rejected").status_code) == 400
    assert put(app, open_one, 'W/"2"', status="rejected").status_code == 412
    body = json.dumps(open_one | {"id": "x"}).encode()
    headers = FHIR_JSON | {"If-Match": 'W/"1"'}
    assert app.ask("PUT", f"Task/{open_one['id']}", content=body, headers=headers).status_code == 400
    assert by_visit(app) == tasks


def test_what_follows_from_the_step_is_not_the_apps_to_say(world: World) -> None:
    """Valid or not, it is refused by name and never passed over; as it was read, or left out, it is taken."""
    patient(world)
    app = declining(world)
    tasks = by_visit(app)
    task = tasks["six-done-1"]
    for name, values in {
        "lastModified": ["2026-11-20T12:00:00.001Z", "2031-01-01T00:00:00Z", "1999-12-31"],
        "statusReason": [
            {"text": "too tired"},
            {"text": "not today", "id": "x"},
            {"coding": [{"code": "x"}]},
        ],
        "meta": [
            {"tag": [{"system": "urn:x", "code": "y"}]},
            {"profile": ["http://elsewhere.example/StructureDefinition/x"]},
            task["meta"] | {"security": [{"code": "R"}]},
            {"source": "urn:x"},
        ],
    }.items():
        for value in values:
            refused = put(app, task, status="rejected", **{name: value})
            assert (refused.status_code, issues(refused)) == (422, ["business-rule"]), value
            assert refused.json()["issue"][0]["expression"] == [f"Task.{name}"], value
    unchanged = put(app, task, statusReason={"text": "not today"})
    assert (unchanged.status_code, issues(unchanged)) == (422, ["business-rule"])
    assert by_visit(app) == tasks

    asked = {name: said for name, said in task.items() if name not in ("lastModified", "meta")}
    of_their_own = {"meta": task["meta"] | {"versionId": "77", "lastUpdated": "1999-12-31T00:00:00Z"}}
    assert put(app, asked, status="rejected").status_code == 200
    other = tasks["six-done-2"]
    assert (
        put(app, other, status="rejected", **of_their_own, statusReason={"text": "not today"}).status_code
        == 200
    )


def test_nobody_but_its_patient_declines_a_set(world: World) -> None:
    """Foreign and absent look the same; who is no patient and whoever lacks the scope is refused."""
    patient(world), patient(world, "patient-eight-done")
    mine = by_visit(tasks_app(world))["six-done-1"]
    stranger = declining(world, "patient-eight-done")

    foreign, absent = (
        put(stranger, mine, status="rejected"),
        put(stranger, mine | {"id": "x"}, status="rejected"),
    )
    assert (foreign.status_code, foreign.content) == (405, absent.content)
    assert put(tasks_app(world), mine, status="rejected").status_code == 403
    assert put(staff_app(world, scope="user/Task.u"), mine, status="rejected").status_code == 403
    assert put(backend_app(world, scope="system/Task.u"), mine, status="rejected").status_code == 403
    assert put(declining(world, clinic=OTHER), mine, status="rejected").status_code == 405
    assert by_visit(tasks_app(world))["six-done-1"] == mine
