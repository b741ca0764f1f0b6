"""AuditEvents over FHIR: who reads the log, that it is remembered, and what each parameter finds (rules 25, 29)."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle

from service.audit.record import Deed
from service.r4.capability_statement import EXPORT_OFFERED
from service.store import audit_trail
from service.web.audit_event_search import CONDITIONS, DATES
from service.workflow.audit_by_command import verify_export
from tests.people import App, app_of, backend_app, officer, patient, staff_app
from tests.web.fhir_answers import Value, ids, issues
from tests.web.systems import System, with_systems
from tests.world import CLINIC, OTHER, World, WorldWith

LOG = "user/AuditEvent.rs"
SYSTEM = "system/AuditEvent.rs"
WORDS = "planted-words-of-somebody"


def officers_tool(world: World, **claims: Any) -> App:
    """An officer's own tool, with a token of the record system."""
    return staff_app(world, "officer-1", **{"scope": LOG} | claims)


def events(answer: httpx2.Response) -> list[Value]:
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def pages(world: World, app: App, query: str) -> list[httpx2.Response]:
    """A search to its last page."""
    found = [app.get(f"AuditEvent?{query}")]
    while further := [one["url"] for one in found[-1].json()["link"] if one["relation"] == "next"]:
        found.append(app.get(further[0].removeprefix(f"{world.base}/")))
        assert len(found) < 100
    return found


def size(world: World, clinic: str = CLINIC) -> int:
    return audit_trail.head(world.desk.store, clinic).size


@pytest.fixture
def busy(world: World) -> World:
    """A world with a log: a patient wrote, the worker filed, an officer looked, a stranger was refused."""
    ada = patient(world)
    ada.write("six-done-1", {"ai1.1": WORDS})
    world.deliver()
    officer(world)
    app_of(world).get("QuestionnaireResponse")
    app_of(world).get("QuestionnaireResponse/nothing")
    App(world, "no-token").get("QuestionnaireResponse")
    patient(world, clinic=OTHER)
    return world


# --- who reads -------------------------------------------------------------------------------------------------


def test_an_officer_and_a_listed_system_read_the_log(busy: World) -> None:
    for app in (officers_tool(busy), backend_app(busy, scope=SYSTEM)):
        [newest] = events(app.get("AuditEvent?_count=1"))
        AuditEvent.model_validate(newest)
        one = app.get(f"AuditEvent/{newest['id']}")
        assert (one.status_code, one.json()) == (200, newest)


NOBODY: dict[str, tuple[Callable[[World], App], int]] = {
    "without a token": (lambda world: App(world), 401),
    "a patient": (lambda world: app_of(world, scope="patient/AuditEvent.rs"), 403),
    "a patient with a wider scope": (lambda world: app_of(world, scope="patient/*.cruds user/*.cruds"), 403),
    "a clinician": (lambda world: staff_app(world, scope=LOG), 403),
    "a clinician with a chart": (lambda world: staff_app(world, chart="patient-six-done", scope=LOG), 403),
    "a system that is not listed": (lambda world: backend_app(world, scope=SYSTEM, client_id="other"), 403),
    "an officer without the scope": (lambda world: officers_tool(world, scope="user/Task.rs"), 403),
    "an officer with a patient's scope": (
        lambda world: officers_tool(world, scope="patient/AuditEvent.rs"),
        403,
    ),
    "a listed system without the scope": (lambda world: backend_app(world), 403),
}


@pytest.mark.parametrize("who", NOBODY)
def test_nobody_else_does_whatever_they_ask_for(busy: World, who: str) -> None:
    """The answer comes from the token alone: it tells nothing of what is there."""
    make, status = NOBODY[who]
    there = audit_trail.newest(busy.desk.store, CLINIC, limit=1)[0].record.id
    app = make(busy)

    answers = [app.get(path) for path in ("AuditEvent", f"AuditEvent/{there}", "AuditEvent/nothing")]

    assert [one.status_code for one in answers] == [status] * 3, [one.text for one in answers]
    assert answers[1].content == answers[2].content
    assert audit_trail.newest(busy.desk.store, CLINIC, limit=1)[0].record.deed is Deed.REFUSAL


def test_a_clinician_who_is_an_officer_as_well_reads_the_log(world_with: WorldWith) -> None:
    tables = f'[clinic.{CLINIC}.people]\ncare_team = ["Practitioner/officer-1"]\nofficers = ["Practitioner/officer-1"]'
    world = world_with(tables)
    assert officers_tool(world).get("AuditEvent").status_code == 200
    assert (
        officers_tool(world, scope="user/QuestionnaireResponse.rs").get("QuestionnaireResponse").status_code
        == 200
    )


def test_an_officers_tool_reads_no_words(busy: World) -> None:
    tool = officers_tool(busy, scope="user/*.rs")
    for path in ("QuestionnaireResponse", "Task", "Provenance", "Encounter"):
        assert tool.get(path).status_code == 403
    for page in pages(busy, tool, "_count=200"):
        assert WORDS not in page.text
        assert "Harrowgate" not in page.text


def test_no_event_of_another_clinic_is_reached(busy: World) -> None:
    theirs = audit_trail.newest(busy.desk.store, OTHER, limit=1)[0].record.id
    tool = officers_tool(busy)

    foreign, absent = tool.get(f"AuditEvent/{theirs}"), tool.get("AuditEvent/nothing")

    assert (
        (foreign.status_code, foreign.content)
        == (absent.status_code, absent.content)
        == (404, absent.content)
    )
    assert ids(tool.get(f"AuditEvent?_id={theirs}")) == []


# --- that it is remembered -------------------------------------------------------------------------------------


def test_each_read_is_remembered_before_its_answer(busy: World) -> None:
    tool = officers_tool(busy)
    about = events(tool.get("AuditEvent?patient=patient-six-done&_count=1"))[0]
    searched = audit_trail.newest(busy.desk.store, CLINIC, limit=1)[0].record
    tool.get(f"AuditEvent/{about['id']}")
    read = audit_trail.newest(busy.desk.store, CLINIC, limit=1)[0].record

    assert (searched.deed, searched.what, searched.patient) == (Deed.SEARCH, "AuditEvent", "patient-six-done")
    assert searched.query == "patient=patient-six-done&_count=1"
    assert (read.deed, read.what, read.patient) == (
        Deed.READ,
        f"AuditEvent/{about['id']}",
        "patient-six-done",
    )
    assert {one.agent.role for one in (searched, read)} == {"officer"}
    assert {one.agent.person for one in (searched, read)} == {"Practitioner/officer-1"}


def test_a_log_that_cannot_remember_tells_nothing(busy: World) -> None:
    tool = officers_tool(busy)
    busy.desk.writer.stop()
    assert tool.get("AuditEvent").status_code == 503


def test_a_search_sees_the_log_as_it_was_when_it_began(busy: World) -> None:
    """Its own records, one a page, and whatever else comes meanwhile are no part of it: it comes to an end."""
    before = size(busy)
    there = [entry.record.id for entry in audit_trail.records(busy.desk.store, CLINIC, limit=500)]

    found = pages(busy, officers_tool(busy), "_count=3&_total=accurate")

    seen = [name for page in found for name in ids(page)]
    assert seen == there[::-1]
    assert {page.json()["total"] for page in found} == {before}
    assert size(busy) == before + len(found)


def test_a_page_link_is_its_askers_own(busy: World) -> None:
    tool = officers_tool(busy)
    link = next(
        one["url"] for one in tool.get("AuditEvent?_count=1").json()["link"] if one["relation"] == "next"
    )
    path = link.removeprefix(f"{busy.base}/")
    assert tool.get(path).status_code == 200
    for answer in (
        backend_app(busy, scope=SYSTEM).get(path),
        tool.get(path.replace("_count=1", "_count=2")),
        tool.get(f"{path}&outcome=4"),
        tool.get("AuditEvent?after=MQ"),
    ):
        assert (answer.status_code, issues(answer)) == (400, ["value"])


# --- what is found ---------------------------------------------------------------------------------------------


def codings(event: Value, name: str) -> set[str]:
    value = event[name]
    several = value if isinstance(value, list) else [value]
    return {
        written
        for one in several
        for written in (one["code"], f"{one['system']}|{one['code']}", f"{one['system']}|")
    }


def references(event: Value, kind: str, where: str) -> set[str]:
    return {one.get(where, {}).get("reference", "") for one in event[kind]} - {""}


def patients_of(event: Value) -> set[str]:
    named = references(event, "agent", "who") | references(event, "entity", "what")
    return {one.removeprefix("Patient/") for one in named if one.startswith("Patient/")}


Told = Callable[[Value], set[str]]
TOLD: dict[str, Told] = {
    "_id": lambda one: {one["id"]},
    "action": lambda one: {one["action"], f"http://hl7.org/fhir/audit-event-action|{one['action']}"},
    "agent": lambda one: references(one, "agent", "who"),
    "agent:identifier": lambda one: (
        {each["who"].get("identifier", {}).get("value", "") for each in one["agent"] if "who" in each} - {""}
    ),
    "agent-role": lambda one: {role["text"] for each in one["agent"] for role in each.get("role", ())},
    "entity": lambda one: references(one, "entity", "what"),
    "entity-type": lambda one: {each["type"]["code"] for each in one["entity"]},
    "outcome": lambda one: {one["outcome"], f"http://hl7.org/fhir/audit-event-outcome|{one['outcome']}"},
    "patient": patients_of,
    "subtype": lambda one: codings(one, "subtype"),
    "type": lambda one: codings(one, "type"),
    "address": lambda one: {each["network"]["address"] for each in one["agent"] if "network" in each},
}


@pytest.mark.parametrize("name", TOLD)
def test_each_parameter_finds_exactly_the_events_that_say_so(busy: World, name: str) -> None:
    """Against the AuditEvents themselves: every value that stands in one is asked for, and one that stands in none."""
    tool = officers_tool(busy)
    everything = [event for page in pages(busy, tool, "_count=200") for event in events(page)]
    known = {one["id"] for one in everything}
    values = sorted({value for one in everything for value in TOLD[name](one)})
    assert len(values) > (1 if name != "patient" else 0)

    for value in [*values[:12], "nothing", "Type/nothing"]:
        if name == "entity" and "/" not in value:
            continue
        found = events(tool.get(f"AuditEvent?{name}={quote(value, safe='')}&_count=200"))
        expected = {one["id"] for one in everything if value in TOLD[name](one)}
        assert {one["id"] for one in found} & known == expected, value
        assert all(value in TOLD[name](one) for one in found), value


def test_alternatives_and_conditions_are_joined(busy: World) -> None:
    tool, now = officers_tool(busy), quote(busy.clock().isoformat())

    def found(query: str) -> set[str]:
        return set(ids(tool.get(f"AuditEvent?{query}&_count=200&date=le{now}")))

    reads, refused = found("action=R"), found("outcome=4")
    assert reads
    assert refused
    assert found("action=R,E") == reads | found("action=E")
    assert found("action=E&outcome=4") == found("action=E") & refused
    assert found("outcome=4&outcome=0") == set()
    assert found("patient=Patient/patient-six-done") == found("patient=patient-six-done")
    assert (
        found("agent=officer-1")
        == found("agent=Practitioner/officer-1")
        == found(f"agent={busy.base}/Practitioner/officer-1")
    )
    assert found("address=HTTP://127") == found("entity-type=XrequestId")


def test_an_entity_is_found_in_any_version(busy: World) -> None:
    tool = officers_tool(busy)
    named = {
        one
        for event in events(tool.get("AuditEvent?_count=200"))
        for one in references(event, "entity", "what")
    }
    versioned = next(one for one in named if "/_history/" in one)
    whole = versioned.partition("/_history/")[0]
    assert set(ids(tool.get(f"AuditEvent?entity={versioned}"))) <= set(
        ids(tool.get(f"AuditEvent?entity={whole}&_count=200"))
    )
    assert issues(tool.get("AuditEvent?entity=no-type")) == ["value"]


@pytest.mark.parametrize("name", sorted(DATES))
def test_dates_are_compared_by_their_precision(busy: World, name: str) -> None:
    tool = officers_tool(busy)
    instants = {
        one.record.id: one.record.recorded for one in audit_trail.records(busy.desk.store, CLINIC, limit=500)
    }
    moment = sorted(instants.values())[len(instants) // 2]
    written = quote(moment.isoformat(timespec="milliseconds"))
    compared = {
        "eq": lambda one: one == moment,
        "ne": lambda one: one != moment,
        "gt": lambda one: one > moment,
        "sa": lambda one: one > moment,
        "ge": lambda one: one >= moment,
        "lt": lambda one: one < moment,
        "eb": lambda one: one < moment,
        "le": lambda one: one <= moment,
    }
    for prefix, holds in compared.items():
        found = set(ids(tool.get(f"AuditEvent?{name}={prefix}{written}&_count=200"))) & set(instants)
        assert found == {one for one, at in instants.items() if holds(at)}, prefix
    day = moment.date().isoformat()
    assert set(ids(tool.get(f"AuditEvent?{name}={day}&_count=200"))) >= set(instants)
    assert ids(tool.get(f"AuditEvent?{name}=lt{day}")) == ids(tool.get(f"AuditEvent?{name}=2025,2024")) == []
    assert len(ids(tool.get(f"AuditEvent?{name}=ge{written}&{name}=le{written}"))) == 1


REFUSED = ["agent-name=x", "altid=x", "source=x", "site=x", "policy=x", "entity-name=x", "patient:Patient=x"]
REFUSED += ["_sort=date", "_include=AuditEvent:patient", "nonsense=1", "date:missing=true", "patient.name=x"]


@pytest.mark.parametrize("query", REFUSED)
@pytest.mark.parametrize("prefer", ["handling=strict", "handling=lenient", ""])
def test_a_parameter_without_a_field_of_ours_is_refused(busy: World, query: str, prefer: str) -> None:
    answer = officers_tool(busy).get(f"AuditEvent?{query}", **({"Prefer": prefer} if prefer else {}))
    assert (answer.status_code, issues(answer)) == (400, ["not-supported"])


@pytest.mark.parametrize(
    "query", ["date=yesterday", "date=ap2026", "_count=x", "patient=", "_total=all", "action=%00"]
)
def test_a_value_that_cannot_be_is_refused(busy: World, query: str) -> None:
    assert officers_tool(busy).get(f"AuditEvent?{query}").status_code == 400


def test_the_parameters_offered_are_those_that_are_read() -> None:
    [offered] = EXPORT_OFFERED
    assert {one.name for one in offered.search} == {name.partition(":")[0] for name in CONDITIONS} | DATES


# --- how it is answered ----------------------------------------------------------------------------------------


def test_a_page_is_a_bundle_that_names_its_search(busy: World) -> None:
    tool = officers_tool(busy)
    got = tool.get("AuditEvent?type=rest&_count=2")
    posted = tool.ask(
        "POST",
        "AuditEvent/_search",
        content=b"type=rest&_count=2",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    Bundle.model_validate(got.json())
    assert got.json()["link"][0] == {"relation": "self", "url": f"{busy.base}/AuditEvent?type=rest&_count=2"}
    assert got.headers["cache-control"] == "no-store"
    assert [one["fullUrl"] for one in got.json()["entry"]] == [
        f"{busy.base}/AuditEvent/{one}" for one in ids(got)
    ]
    assert set(ids(posted)) - set(ids(got)) <= set(ids(tool.get("AuditEvent?type=rest&_count=4")))
    counted = tool.get("AuditEvent?outcome=8&_summary=count").json()
    assert (counted["total"], "entry" in counted) == (0, False)


def test_events_are_served_as_they_are_exported_so_that_pages_can_be_verified(busy: World) -> None:
    """Newest first here, oldest first in an export: the lines are the same, byte for byte."""
    there = size(busy)
    raw = [page.content for page in pages(busy, officers_tool(busy), "_count=200")]
    lines = [
        json.dumps(one, separators=(",", ":"), ensure_ascii=False).encode()
        for page in raw
        for one in (entry["resource"] for entry in json.loads(page)["entry"])
    ]
    verdict = verify_export(reversed(lines))
    assert (verdict.ok, verdict.size) == (True, there)
    assert all(line in b"".join(raw) for line in lines)


def test_an_event_never_changes_and_is_not_sent_twice(busy: World) -> None:
    tool = officers_tool(busy)
    [newest] = ids(tool.get("AuditEvent?_count=1"))
    first = tool.get(f"AuditEvent/{newest}")
    again = tool.get(f"AuditEvent/{newest}", **{"If-None-Match": first.headers["etag"]})
    head = tool.ask("HEAD", f"AuditEvent/{newest}")
    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content, head.headers["last-modified"]) == (
        200,
        b"",
        first.headers["last-modified"],
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("path", ["AuditEvent", "AuditEvent/x"])
def test_the_log_is_written_by_nobody(busy: World, method: str, path: str) -> None:
    """A-05."""
    answer = officers_tool(busy, scope="user/AuditEvent.cruds").ask(method, path, content=b"{}")
    assert (answer.status_code, issues(answer)) == (405, ["not-supported"])


def test_parts_of_an_event_say_that_they_are_parts(busy: World) -> None:
    tool = officers_tool(busy)
    for query in ("_summary=true", "_elements=outcome", "_summary=data", "_summary=text"):
        [one] = events(tool.get(f"AuditEvent?_count=1&{query}"))
        assert one["meta"]["tag"][-1]["code"] == "SUBSETTED"
        if query != "_summary=data":
            AuditEvent.model_validate(one)
    assert tool.get("AuditEvent?_count=1&_format=xml").status_code == 406


# --- at the export base ----------------------------------------------------------------------------------------


def test_the_export_base_serves_the_same_log_under_its_own_address(world_with: WorldWith) -> None:
    world = with_systems(world_with)
    siem, other = System(world), System(world, clinic=OTHER)
    token = siem.token()
    patient(world)
    there = [entry.record.id for entry in audit_trail.records(world.desk.store, CLINIC, limit=500)]

    answer, seen = siem.get("AuditEvent?_count=2", token), []
    while True:
        Bundle.model_validate(answer.json())
        seen += ids(answer)
        links = {one["relation"]: one["url"] for one in answer.json()["link"]}
        assert all(url.startswith(f"{siem.home}/fhir/AuditEvent?") for url in links.values())
        if "next" not in links:
            break
        answer = siem.ask("GET", links["next"], headers={"Authorization": f"Bearer {token}"})

    assert seen == there[::-1]
    read = audit_trail.newest(world.desk.store, CLINIC, limit=1)[0].record
    assert (read.agent.client, read.agent.role, read.server) == ("siem", "client", f"{siem.home}/fhir")
    assert siem.get(f"AuditEvent/{seen[0]}", token).json()["id"] == seen[0]
    assert other.get(f"AuditEvent/{seen[0]}").status_code == 404


def test_a_system_may_follow_the_log_from_where_it_was(world_with: WorldWith) -> None:
    """By date, with each page once: what comes later is found by the next search."""
    world = with_systems(world_with)
    siem = System(world)
    token = siem.token()
    seen: list[str] = []
    since = world.clock()
    for _ in range(3):
        until = world.clock()
        seen += ids(
            siem.get(f"AuditEvent?date=ge{quote(since.isoformat())}&date=lt{quote(until.isoformat())}", token)
        )
        since = until
    assert len(seen) == len(set(seen)) > 0
    stored = {one.record.id: one.index for one in audit_trail.records(world.desk.store, CLINIC, limit=500)}
    assert all(name in stored for name in seen)
