"""Assigned sets as Tasks: what apps may find, how far they reach, and that no Task tells of a draft (rules 9, 13)."""

import random
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.task import Task

from service.audit.record import Deed
from tests.front_desk import FrontDesk
from tests.people import FORM, App, app_of, backend_app, patient, staff_app
from tests.web.fhir_answers import ids, issues
from tests.web.searching import comparators, minute_and_day
from tests.workflow.remembered import log
from tests.world import OTHER, World

SCOPES = "patient/Task.rs patient/QuestionnaireResponse.crs"
Value = dict[str, Any]


def tasks_app(world: World, name: str = "patient-six-done") -> App:
    return app_of(world, name, scope=SCOPES)


def staff(world: World, name: str = "clinician-1", chart: str | None = None) -> App:
    return staff_app(world, name, chart, scope="user/Task.rs")


def backend(world: World, **claims: Any) -> App:
    return backend_app(world, scope="system/Task.rs", **claims)


def resources(answer: httpx2.Response) -> list[Value]:
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def by_visit(app: App) -> dict[str, Value]:
    """The Tasks within reach, by their encounter's id."""
    found = resources(app.get("Task"))
    return {one["encounter"]["reference"].removeprefix("Encounter/"): one for one in found}


def test_a_patients_app_reads_what_was_assigned_to_them(world: World) -> None:
    patient(world)
    app = tasks_app(world)

    bundle = app.get("Task")
    tasks = by_visit(app)

    Bundle.model_validate(bundle.json())
    assert set(tasks) == {f"six-done-{n}" for n in range(1, 7)}
    for n in range(1, 7):
        task = tasks[f"six-done-{n}"]
        answer = app.get(f"Task/{task['id']}")
        Task.model_validate(answer.json())
        assert answer.json() == task
        assert (task["status"], task["for"]) == ("requested", {"reference": "Patient/patient-six-done"})
        assert task["input"][0]["valueCanonical"].endswith(f"/after-infusion-{n}|1.0.0")
        assert task["input"][1]["valueUrl"] == f"{world.base}/QuestionnaireResponse"
        assert answer.headers["etag"] == f'W/"{task["meta"]["versionId"]}"' == 'W/"1"'
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["last-modified"] == "Fri, 20 Nov 2026 20:00:00 GMT"


def test_a_task_that_one_has_already_is_not_sent_again(world: World) -> None:
    ada = patient(world)
    app = tasks_app(world)
    place = f"Task/{by_visit(app)['six-done-1']['id']}"

    known = app.get(place, **{"If-None-Match": 'W/"1"'})
    ada.write("six-done-1", {"ai1.1": "x"})
    changed = app.get(place, **{"If-None-Match": 'W/"1"'})

    assert (known.status_code, known.content) == (304, b"")
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    assert app.ask("HEAD", place).headers["etag"] == 'W/"2"'


def test_each_parameter_finds_what_it_names_and_nothing_else(world: World) -> None:
    ada = patient(world)
    app = tasks_app(world)
    everything = ids(app.get("Task"))
    ada.write("six-done-2", {"ai2.1": "x"})
    tasks = by_visit(app)
    a, b = tasks["six-done-1"]["id"], tasks["six-done-2"]["id"]
    named, system = f"urn:uuid:{a}", quote("urn:ietf:rfc:3986|")
    code, codes = "complete-questionnaire", quote("http://hl7.org/fhir/uv/sdc/CodeSystem/temp|")
    queries = {
        f"_id={a}": {a},
        f"_id={a},{b},nothing": {a, b},
        "patient=patient-six-done": set(everything),
        "patient=Patient/patient-six-done": set(everything),
        "status=completed": {b},
        "status=completed,failed": {b},
        "status=requested,completed": set(everything),
        f"status={quote('http://hl7.org/fhir/task-status|completed')}": {b},
        "status=draft,on-hold": set(),
        "encounter=Encounter/six-done-1": {a},
        "encounter=six-done-1,six-done-2": {a, b},
        f"code={code}": set(everything),
        f"code={codes}{code}": set(everything),
        f"code={codes}fulfill": set(),
        "code=approve": set(),
        f"code=approve,{code}": set(everything),
        f"identifier={named}": {a},
        f"identifier={system}{named}": {a},
        f"identifier={a}": set(),
        "identifier=urn:uuid:nothing": set(),
        f"identifier={named}&_id={a}": {a},
        f"identifier={named}&_id={b}": set(),
        f"_id={a}&code=approve": set(),
        f"_id={a}&status=completed": set(),
        f"status=completed&encounter=six-done-2&_id={b}&code={code}": {b},
    }
    for query, wanted in queries.items():
        assert set(ids(app.get(f"Task?{query}"))) == wanted, query
    assert ids(app.get("Task"))[-1] == b  # in the order of their last change


@pytest.mark.parametrize(
    ("parameter", "element"),
    [("authored-on", "authoredOn"), ("modified", "lastModified"), ("_lastUpdated", "lastModified")],
)
def test_every_comparator_covers_the_span_that_was_written(
    world: World, parameter: str, element: str
) -> None:
    """Compared with an oracle of its own: the written value is a span, the Task's an instant."""
    ada = patient(world)
    for n in (1, 2):
        world.clock.pass_time(minutes=45)
        ada.write(f"six-done-{n}", {f"ai{n}.1": "x"})
    app = tasks_app(world)
    times = {one["id"]: datetime.fromisoformat(one[element]) for one in resources(app.get("Task"))}
    assert len(set(times.values())) > (1 if parameter != "authored-on" else 0)
    at = max(times.values())
    for written, span in minute_and_day(at).items():
        for prefix, holds in comparators(*span).items():
            wanted = {name for name, time in times.items() if holds(time)}
            assert set(ids(app.get(f"Task?{parameter}={prefix}{written}"))) == wanted, (prefix, written)
    between = f"{parameter}=ge2026-11-20&{parameter}=lt2026-11-22"
    assert set(ids(app.get(f"Task?{between}"))) == set(times)


def test_a_form_finds_what_the_address_finds(world: World) -> None:
    patient(world)
    app = tasks_app(world)

    by_form = app.ask("POST", "Task/_search?status=requested", content=b"encounter=six-done-1", headers=FORM)

    assert resources(by_form) == resources(app.get("Task?status=requested&encounter=six-done-1"))
    assert len(resources(by_form)) == 1


REFUSED = [
    "_include=Task:patient",
    "_include=Task:*",
    "_include=*",
    "_include:iterate=Task:encounter",
    "_sort=owner",
    "_sort=",
    "_sort=modified,code",
    "_sort=status&_sort=modified",
    "status:exact=completed",
    "status:missing=maybe",
    "status:not=sent",
    "owner:Practitioner=x",
    "owner:identifier=x",
    "encounter=Encounter/a/_history/1",
    "priority=routine",
    "requester=x",
    "_revinclude=Provenance:target",
    "patient.name=x",
    "status=sent",
    "status=",
    "code=",
    "code:in=x",
    "identifier:of-type=x",
    "focus=x",
    "authored=2026",
    "authored-on=2026-13",
    "_lastUpdated=x",
    "_count=-1",
    "_summary=most",
    "_elements=for.reference",
    "_total=maybe",
    "after=x",
    "after=MjAyNi0xMS0yMCB4",
    "_id=" + "x" * 2100,
]


def test_what_is_not_understood_is_refused_and_never_ignored(world: World) -> None:
    patient(world)
    app = tasks_app(world)

    for query in REFUSED:
        for prefer in ({}, {"Prefer": "handling=lenient"}):
            answer = app.get(f"Task?{query}", **prefer)
            assert answer.status_code == 400, (query, answer.text)
            assert issues(answer)


def test_a_task_is_sorted_and_asked_as_strangers_ask(world: World) -> None:
    ada = patient(world)
    app = app_of(world, scope=f"{SCOPES} patient/Encounter.rs")
    everything = ids(app.get("Task"))
    world.clock.pass_time(minutes=1)
    ada.write("six-done-1", {"ai1.1": "x"})
    done = by_visit(app)["six-done-1"]["id"]
    others = set(everything) - {done}

    assert ids(app.get("Task?_sort=modified"))[-1] == ids(app.get("Task?_sort=-_lastUpdated"))[0] == done
    assert ids(app.get("Task?_sort=status,-authored-on&_count=1")) == [done]
    assert set(ids(app.get("Task?status:not=completed"))) == others
    assert set(ids(app.get("Task?status=requested&status:not=failed&intent=order"))) == others
    assert ids(app.get("Task?intent=plan")) == ids(app.get("Task?code:not=complete-questionnaire")) == []
    assert ids(app.get("Task?code:missing=true")) == ids(app.get("Task?encounter:missing=true")) == []
    assert ids(app.get("Task?owner=Patient/patient-six-done&_id:not=" + ",".join(others))) == [done]
    assert set(ids(app.get("Task?subject:Patient=patient-six-done&owner:missing=false"))) == set(everything)
    assert ids(app.get(f"Task?_id={done}&_include=Task:encounter")) == [done, "six-done-1"]


def test_the_past_of_a_task_is_what_is_kept_of_it(world: World) -> None:
    """Its newest version stands at its own address; no other is kept, and a foreign past looks like none."""
    ada, app = patient(world), tasks_app(world)
    place = f"Task/{by_visit(app)['six-done-1']['id']}"
    first = app.get(f"{place}/_history/1")
    ada.write("six-done-1", {"ai1.1": "x"})
    count = len(log(world))

    now, past = app.get(f"{place}/_history/2"), app.get(f"{place}/_history")

    assert first.json()["meta"]["versionId"] == "1"
    assert now.json() == app.get(place).json()
    assert now.headers["etag"] == 'W/"2"'
    Bundle.model_validate(past.json())
    [only] = past.json()["entry"]
    assert (only["resource"], only["request"]) == (now.json(), {"method": "PUT", "url": place})
    assert (past.json()["type"], past.json()["total"]) == ("history", 1)
    assert "entry" not in app.get(f"{place}/_history?_since=2027-01-01").json()
    assert [one.what for one in log(world)[count:]] == [f"{place}/_history/2"] * 4
    for version in ("1", "3", "0", "x"):
        assert app.get(f"{place}/_history/{version}").status_code == 404
    assert app.get(f"{place}/_history?_at=2026").status_code == 400
    other = tasks_app(world, "patient-eight-done")
    for ending in ("", "/2"):
        foreign, absent = (
            other.get(f"{place}/_history{ending}"),
            other.get(f"Task/{uuid4()}/_history{ending}"),
        )
        assert (foreign.status_code, foreign.content) == (404, absent.content)


def test_pages_visit_each_task_once(world: World) -> None:
    patient(world, "patient-eight-done")
    app = tasks_app(world, "patient-eight-done")
    everything = ids(app.get("Task"))
    seen: list[str] = []
    url: str | None = "Task?_count=3&status=requested,completed"
    while url is not None:
        answer = app.get(url.removeprefix(f"{world.base}/"))
        page = ids(answer)
        assert 0 < len(page) <= 3
        seen += page
        links = {link["relation"]: link["url"] for link in answer.json()["link"]}
        assert "_count=3" in links["self"]
        url = links.get("next")

    assert seen == everything
    assert len(seen) > 3


# --- how far one reaches ---------------------------------------------------------------------------------------


def test_a_foreign_task_looks_exactly_like_one_that_is_not(world: World) -> None:
    patient(world)
    patient(world, "patient-eight-done")
    theirs = by_visit(tasks_app(world, "patient-eight-done"))["eight-done-1"]["id"]

    for app in (
        tasks_app(world),
        staff(world, chart="patient-six-done"),
        staff(world, "clinician-2"),
        backend(world, client_id="somebody"),
    ):
        absent, foreign = app.get(f"Task/{uuid4()}"), app.get(f"Task/{theirs}")
        assert absent.content == foreign.content
        assert (absent.status_code, issues(foreign)) == (404, ["not-found"])
        assert ids(app.get(f"Task?_id={theirs}")) == []
        assert ids(app.get("Task?encounter=eight-done-1")) == []
        assert ids(app.get(f"Task?identifier=urn:uuid:{theirs}")) == []
        assert app.get("Task?patient=patient-eight-done").status_code == 403


def test_the_care_team_and_the_clinics_own_clients_see_every_patients(world: World) -> None:
    patient(world)
    patient(world, "patient-eight-done")
    wanted = {*ids(tasks_app(world).get("Task")), *ids(tasks_app(world, "patient-eight-done").get("Task"))}

    assert set(ids(staff(world).get("Task"))) == set(ids(backend(world).get("Task"))) == wanted
    charted = staff(world, chart="patient-six-done")
    assert set(ids(charted.get("Task"))) == set(ids(tasks_app(world).get("Task")))
    assert ids(staff(world, "clinician-2").get("Task")) == []
    assert ids(backend(world, client_id="somebody").get("Task")) == []


def test_the_other_clinics_tasks_are_out_of_reach(world: World) -> None:
    patient(world)
    mine = by_visit(tasks_app(world))["six-done-1"]["id"]
    there = app_of(world, "patient-six-done", OTHER, scope=SCOPES)

    assert ids(there.get("Task")) == []
    assert there.get(f"Task/{mine}").status_code == 404
    assert App(world, tasks_app(world).token, OTHER).get("Task").status_code == 401


@pytest.mark.parametrize(
    ("scope", "read", "search"),
    [
        ("patient/Task.r", 404, 403),
        ("patient/Task.s", 403, 200),
        ("patient/Task.read", 404, 200),
        ("patient/*.rs", 404, 200),
        ("patient/Task.cud", 403, 403),
        ("user/Task.rs", 403, 403),
        ("patient/QuestionnaireResponse.rs patient/Provenance.rs", 403, 403),
        ("patient/Task.rs?status=completed", 404, 200),
        ("patient/Task.rs?owner=Patient/patient-six-done", 403, 403),
    ],
)
def test_a_tokens_scope_says_what_it_may(world: World, scope: str, read: int, search: int) -> None:
    app = app_of(world, scope=scope)

    answers = (app.get("Task/x"), app.get("Task"))

    assert [one.status_code for one in answers] == [read, search]
    for one in answers:
        if one.status_code == 403:
            assert "insufficient_scope" in one.headers["www-authenticate"]
    form = app.ask("POST", "Task/_search", content=b"", headers=FORM)
    assert form.status_code == search


def test_without_a_token_there_is_nothing(world: World) -> None:
    for path in ("Task", "Task/x"):
        answer = App(world).get(path)
        assert (answer.status_code, issues(answer)) == (401, ["login"])
        assert App(world, clinic="no-such-clinic").get(path).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("POST", "Task"), ("PATCH", "Task/x"), ("DELETE", "Task/x")])
def test_nobody_makes_or_deletes_a_task(world: World, method: str, path: str) -> None:
    answer = tasks_app(world).ask(method, path, content=b"{}")

    assert (answer.status_code, issues(answer)) == (405, ["not-supported"])


def test_only_json_is_spoken_here(world: World) -> None:
    assert tasks_app(world).get("Task", Accept="application/fhir+xml").status_code == 406
    assert tasks_app(world).get("Task?_format=xml").status_code == 406


# --- what a Task tells -----------------------------------------------------------------------------------------


def test_a_task_never_tells_that_its_patient_has_begun_to_write(world: World) -> None:
    """No byte and no header of any answer changes while a draft is begun, saved and thought over (rule 13)."""
    ada = patient(world)
    apps = [tasks_app(world), staff(world), staff(world, chart="patient-six-done"), backend(world)]
    names = ids(apps[0].get("Task"))
    questions = [
        "Task",
        "Task?status=requested",
        "Task?_lastUpdated=ge2026-11-20",
        *(f"Task/{n}" for n in names),
    ]

    def told() -> list[tuple[int, bytes, str | None, str | None]]:
        answers = [app.get(question) for app in apps for question in questions]
        heads = ("etag", "last-modified")
        return [(one.status_code, one.content, *(one.headers.get(name) for name in heads)) for one in answers]

    before = told()
    world.clock.pass_time(minutes=2)
    key = ada.begin("six-done-2")
    begun = told()
    world.clock.pass_time(minutes=2)
    revision = ada.type(key, 1, {"ai2.1": "planted words"}).json()["revision"]
    ada.post("refresh")
    saved = told()

    assert before == begun == saved
    world.clock.pass_time(minutes=2)
    ada.send(key, revision)
    assert told() != before


def test_what_was_sent_completes_its_task_and_the_task_leads_to_it(world: World) -> None:
    ada, app = patient(world), tasks_app(world)
    ada.write("six-done-1", {"ai1.1": "x"})

    task = by_visit(app)["six-done-1"]

    Task.model_validate(task)
    assert (task["status"], task["meta"]["versionId"]) == ("completed", "2")
    (output,) = task["output"]
    response = app.get(output["valueReference"]["reference"])
    assert response.json()["encounter"] == {"reference": "Encounter/six-done-1"}


def test_not_today_and_a_cancelled_visit_show_as_such(world: World) -> None:
    ada, app = patient(world), tasks_app(world)
    key = ada.begin("six-done-1")
    assert ada.post(f"entry/{key}/stop", revision="1").status_code == 200
    FrontDesk(world).cancel("six-done-6")
    ada.post("refresh")

    tasks = by_visit(app)

    assert tasks["six-done-1"]["status"] == "rejected"
    assert tasks["six-done-1"]["statusReason"] == {"text": "not today"}
    assert tasks["six-done-6"]["status"] == "cancelled"
    assert {tasks[f"six-done-{n}"]["status"] for n in range(2, 6)} == {"requested"}
    for task in tasks.values():
        Task.model_validate(task)


def test_every_read_and_search_is_remembered_for_whom_it_was_about(world: World) -> None:
    patient(world)
    patient(world, "patient-eight-done")
    mine = by_visit(tasks_app(world))["six-done-1"]["id"]
    count = len(log(world))

    tasks_app(world).get(f"Task/{mine}")
    backend(world).get("Task?status=requested")
    backend(world).get("Task?patient=nobody-known")
    backend(world).get("Task?_id=nothing")

    told = [(one.deed, one.what, one.patient, one.query) for one in log(world)[count:]]
    assert told == [
        (Deed.READ, f"Task/{mine}/_history/1", "patient-six-done", None),
        (Deed.SEARCH, "Task", "patient-eight-done", "status=requested"),
        (Deed.SEARCH, "Task", "patient-six-done", "status=requested"),
        (Deed.SEARCH, "Task", "nobody-known", "patient=nobody-known"),
        (Deed.SEARCH, "Task", None, "_id=nothing"),
    ]


def test_random_searches_stay_within_reach_and_say_what_an_oracle_says(world: World) -> None:
    people = {"patient-six-done": "six-done", "patient-eight-done": "eight-done"}
    for name, visits in people.items():
        patient(world, name).write(f"{visits}-1", {"ai1.1": "x"})
    kept = {name: resources(tasks_app(world, name).get("Task?_count=200")) for name in people}
    everything = [one for many in kept.values() for one in many]
    chance = random.Random(5)
    values = {
        "_id": [one["id"] for one in everything],
        "encounter": [one["encounter"]["reference"] for one in everything],
        "identifier": [one["identifier"][0]["value"] for one in everything],
        "status": ["completed", "requested", "failed", "received"],
    }
    apps = {name: tasks_app(world, name) for name in people} | {
        "staff": staff(world),
        "backend": backend(world),
    }
    for _ in range(100):
        who = chance.choice(list(apps))
        asked = {
            name: chance.sample(values[name], chance.randint(1, 2))
            for name in chance.sample(list(values), chance.randint(0, 3))
        }
        query = "&".join(f"{name}={quote(','.join(value))}" for name, value in asked.items())
        wanted = {one["id"] for one in kept.get(who, everything) if _meets(one, asked)}
        assert set(ids(apps[who].get(f"Task?_count=200&{query}"))) == wanted, (who, query)


def _meets(one: Value, asked: dict[str, list[str]]) -> bool:
    said = {
        "_id": one["id"],
        "encounter": one["encounter"]["reference"],
        "identifier": one["identifier"][0]["value"],
        "status": one["status"],
    }
    return all(said[name] in wanted for name, wanted in asked.items())


@pytest.mark.parametrize("begun", [False, True])
def test_a_visit_cancelled_cancels_its_task_whether_or_not_somebody_writes(world: World, begun: bool) -> None:
    ada = patient(world)
    if begun:
        ada.begin("six-done-6")

    FrontDesk(world).cancel("six-done-6")
    ada.post("refresh")

    last = by_visit(tasks_app(world))["six-done-6"]
    assert (last["status"], last["meta"]["versionId"]) == ("cancelled", "2")


@pytest.mark.parametrize("begun", [False, True])
def test_a_number_moves_up_whether_or_not_somebody_writes(world: World, begun: bool) -> None:
    ada = patient(world)
    if begun:
        ada.begin("six-done-2")

    FrontDesk(world).cancel("six-done-1")
    ada.post("refresh")

    second = by_visit(tasks_app(world))["six-done-2"]
    assert "/after-infusion-1|" in second["input"][0]["valueCanonical"]


def test_a_declined_set_stays_declined_until_it_is_sent(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.post(f"entry/{key}/stop")

    ada.type(key, 2, {"ai1.1": "I took it up again."})
    ada.post("refresh")
    assert by_visit(tasks_app(world))["six-done-1"]["status"] == "rejected"

    ada.send(key, 3)
    assert by_visit(tasks_app(world))["six-done-1"]["status"] == "completed"
