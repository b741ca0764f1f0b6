"""What the clinic's FHIR base offers, and the published Questionnaires (fhir-rest A to C; SMART B)."""

import json
import re
from collections.abc import Callable

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from service import paths
from service.r4.capability_statement import OFFERED
from service.r4.search_parameters import BY_TYPE
from service.web.fhir_definitions import KINDS
from tests.people import App, app_of
from tests.web.fhir_answers import QR, Value, ids, issues
from tests.world import EHR, World

# --- what is offered -------------------------------------------------------------------------------------------

INTERACTIONS = {
    ("GET", "/{type}/<id>"): "read",
    ("GET", "/{type}/<id>/_history"): "history-instance",
    ("GET", "/{type}/<id>/_history/<id>"): "vread",
    ("GET", "/{type}"): "search-type",
    ("POST", "/{type}/_search"): "search-type",
    ("POST", "/{type}"): "create",
    ("PUT", "/{type}/<id>"): "update",
}


def test_the_routes_are_exactly_what_the_capability_statement_offers(world: World) -> None:
    offered = {(one.type, interaction) for one in OFFERED for interaction in one.interactions}
    routed = set()
    for rule in world.app.url_map.iter_rules():
        match = re.fullmatch(r"/<clinic>/fhir/([A-Z]\w+|<any\(([\w, ]+)\):\w+>)(/[^$]+)?", rule.rule)
        if match is None:
            continue
        shape = "/{type}" + re.sub(r"<\w+>", "<id>", match[3] or "")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            for kind in (match[2] or match[1]).split(", "):
                routed.add((kind, INTERACTIONS[method, shape]))

    assert routed == offered


def test_every_operation_offered_has_its_routes_and_its_definition(world: World) -> None:
    """At the type and at one resource, as the published definition says."""
    offered = {(one.type, each.code): each.definition for one in OFFERED for each in one.operations}
    routed = [
        re.sub("<[^>]+>", "<id>", rule.rule.removeprefix("/<clinic>/fhir/"))
        for rule in world.app.url_map.iter_rules()
        if "$" in rule.rule
    ]

    assert sorted(routed) == sorted(
        f"{kind}/{where}${code}" for kind, code in offered for where in ("", "<id>/")
    )
    statement = App(world).get("metadata").json()
    for one in statement["rest"][0]["resource"]:
        for told in one.get("operation", ()):
            definition = App(world).get(f"OperationDefinition/{offered[one['type'], told['name']]}").json()
            assert (told["definition"], told["name"]) == (definition["url"], definition["code"])
            assert definition["resource"] == [one["type"]]
    assert sum(len(one.get("operation", ())) for one in statement["rest"][0]["resource"]) == len(offered)


VALUES = {"token": "x", "reference": "x", "date": "2026", "string": "x", "uri": "x"}
R4_BESIDE = (
    "_tag",
    "_profile",
    "_text",
    "_has:Task:patient:status",
    "based-on",
    "part-of",
    "jurisdiction",
    "use",
)


@pytest.mark.parametrize("kind", sorted(BY_TYPE))
def test_the_search_parameters_offered_are_those_that_are_read(world: World, kind: str) -> None:
    """Each parameter that the statement names is answered, with :missing too; what it does not name is refused."""
    statement = App(world).get("metadata").json()
    [told] = [one for one in statement["rest"][0]["resource"] if one["type"] == kind]
    app = app_of(world, scope=f"patient/{kind}.rs")
    codes = {"QuestionnaireResponse": "completed", "Task": "completed", "Encounter": "finished"}

    assert [(one["name"], one["type"]) for one in told["searchParam"]] == [
        (one.name, one.type) for one in BY_TYPE[kind]
    ]
    for one in told["searchParam"]:
        value = codes.get(kind, "active") if one["name"] == "status" else VALUES[one["type"]]
        if one["type"] == "reference" and one["name"] not in ("encounter", "questionnaire", "target"):
            value = "patient-six-done"
        for query in (f"{one['name']}={value}", f"{one['name']}:missing=true"):
            assert app.get(f"{kind}?{query}").status_code == 200, query
    for name in R4_BESIDE:
        refused = app.get(f"{kind}?{name}=x")
        assert (refused.status_code, issues(refused)) == (400, ["not-supported"]), name


def test_the_capability_statement_is_public_and_about_this_very_base(world: World) -> None:
    answer = App(world).get("metadata")

    statement = answer.json()
    assert statement["implementation"]["url"] == world.base
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")
    told = {one["type"]: one for one in statement["rest"][0]["resource"]}
    assert set(told) == {
        *KINDS,
        QR,
        "Task",
        "Provenance",
        "Encounter",
        "DocumentReference",
        "Binary",
        "AuditEvent",
        "Bundle",
    }
    assert {name for name, one in told.items() if one["readHistory"]} == {
        QR,
        "DocumentReference",
        "Questionnaire",
    }
    CapabilityStatement.model_validate(statement)
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        "metadata",
        ".well-known/smart-configuration",
        "Questionnaire",
        QR,
        f"{QR}/x",
        f"{QR}/x/_history",
        "Task",
        "Provenance/x",
    ],
)
def test_there_is_nothing_at_the_base_of_a_clinic_that_is_not(world: World, path: str) -> None:
    answer = App(world, clinic="no-such-clinic").get(path)

    assert (answer.status_code, issues(answer)) == (404, ["not-found"])


def test_discovery_names_the_clinics_own_authorization_server(world: World) -> None:
    found = App(world).get(".well-known/smart-configuration").json()

    assert found["issuer"] == EHR
    assert found["authorization_endpoint"].startswith(f"{EHR}/")
    assert found["token_endpoint"].startswith(f"{EHR}/")
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert "launch-ehr" not in found["capabilities"]


def test_discovery_says_so_when_the_record_system_is_silent(world: World) -> None:
    world.servers.pop(EHR)

    answer = App(world).get(".well-known/smart-configuration")

    assert (answer.status_code, issues(answer)) == (503, ["transient"])
    assert answer.headers["retry-after"]


WRONG_METHODS = [
    ("DELETE", f"{QR}/x"),
    ("PATCH", f"{QR}/x"),
    ("DELETE", QR),
    ("POST", "Questionnaire"),
    ("DELETE", "Questionnaire/after-infusion-1"),
    ("POST", "metadata"),
    ("POST", "Task"),
    ("PUT", "Provenance/x"),
    ("PUT", "AuditEvent/x"),
    ("POST", "AuditEvent"),
    ("PUT", f"{QR}/x/_history/1"),
]


@pytest.mark.parametrize(("method", "path"), WRONG_METHODS)
def test_what_is_not_offered_is_405_and_says_what_is(world: World, method: str, path: str) -> None:
    answer = app_of(world).ask(method, path, content=b"{}")

    assert (answer.status_code, issues(answer)) == (405, ["not-supported"])
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    [
        "Patient/patient-six-done",
        "Subscription",
        f"{QR}/_history",
        "Provenance/x/_history/1",
        "_history",
        "$export",
    ],
)
def test_a_type_that_is_not_offered_is_not_there(world: World, path: str) -> None:
    answer = app_of(world).get(path)

    assert (answer.status_code, issues(answer)) == (404, ["not-found"])


# --- Bundle ------------------------------------------------------------------------------------------------------


def test_the_six_are_read_at_once_as_they_are_published(world: World) -> None:
    answer = App(world).get("Bundle/prompt-sets")

    found = answer.json()
    Bundle.model_validate(found)
    assert (found["id"], found["type"]) == ("prompt-sets", "collection")
    assert [one["fullUrl"] for one in found["entry"]] == [
        f"{world.base}/Questionnaire/after-infusion-{ordinal}" for ordinal in range(1, 7)
    ]
    for ordinal, one in enumerate(found["entry"], 1):
        raw = world.wiring.questionnaires[f"after-infusion-{ordinal}.json"]
        assert raw in answer.content
        assert one["resource"] == json.loads(raw)
    assert answer.headers["access-control-allow-origin"] == "*"
    again = App(world).get("Bundle/prompt-sets", **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_there_is_no_other_bundle(world: World) -> None:
    assert App(world).get("Bundle/after-infusion-1").status_code == 404
    assert App(world, clinic="no-such-clinic").get("Bundle/prompt-sets").status_code == 404


# --- Questionnaire ---------------------------------------------------------------------------------------------


def test_every_set_is_read_without_a_token_byte_for_byte(world: World) -> None:
    """The clinic's six, and the repeating prompts beside them."""
    found = App(world).get("Questionnaire").json()

    assert len(found["entry"]) == 7
    offered = sorted((paths.definitions() / "Questionnaire").glob("*.json"))
    for place, file in enumerate(offered):
        assert App(world).get(f"Questionnaire/{file.stem}").content == file.read_bytes()
        assert found["entry"][place]["resource"] == json.loads(file.read_bytes())


def test_a_stranger_tells_the_six_of_the_series_from_the_set_beside_them(world: World) -> None:
    found = {
        one["resource"]["id"]: one["resource"] for one in App(world).get("Questionnaire").json()["entry"]
    }
    six = {f"after-infusion-{ordinal}" for ordinal in range(1, 7)}

    assert set(found) - six == {"after-later-infusions"}
    assert {name for name, one in found.items() if re.search(r"/after-infusion-\d+$", one["url"])} == six
    assert set(ids(App(world).get("Questionnaire?name=AfterInfusion"))) == six


def test_a_set_that_one_has_already_is_not_sent_again(world: World) -> None:
    first = App(world).get("Questionnaire/after-infusion-1")

    again = App(world).get("Questionnaire/after-infusion-1", **{"If-None-Match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_a_set_nobody_published_is_not_there(world: World) -> None:
    assert App(world).get("Questionnaire/after-infusion-7").status_code == 404


SETS: dict[str, Callable[[Value], str]] = {
    "_id": lambda one: f"_id={one['id']}",
    "several": lambda one: f"_id={one['id']},nothing",
    "url": lambda one: f"url={one['url']}",
    "url and version": lambda one: f"url={one['url']}%7C{one['version']}",
    "name": lambda one: f"name={one['name'].upper()}",
    "title": lambda one: f"title={one['title'][:20]}",
    "status": lambda _: "status=http://hl7.org/fhir/publication-status%7Cactive",
    "combined": lambda one: f"status=active&version={one['version']}&_id={one['id']}",
}


@pytest.mark.parametrize("by", SETS)
def test_a_set_is_found_by_each_parameter(world: World, by: str) -> None:
    wanted = json.loads(world.wiring.questionnaires["after-infusion-2.json"])

    assert wanted["id"] in ids(App(world).get(f"Questionnaire?{SETS[by](wanted)}"))
    assert ids(App(world).get(f"Questionnaire?{SETS[by](wanted)}&status=retired")) == []


@pytest.mark.parametrize("query", ["context=x", "name:below=x", "_sort=code", "patient=x"])
def test_a_parameter_that_would_be_ignored_is_refused_instead(world: World, query: str) -> None:
    answer = App(world).get(f"Questionnaire?{query}", Prefer="handling=lenient")

    assert (answer.status_code, issues(answer)) == (400, ["not-supported"])


ONLY_JSON = [
    (QR, "application/fhir+xml"),
    ("metadata", "text/html"),
    ("Questionnaire?_format=xml", "application/fhir+json"),
]


@pytest.mark.parametrize(("path", "accept"), ONLY_JSON)
def test_only_json_is_spoken_here(world: World, path: str, accept: str) -> None:
    answer = app_of(world).get(path, Accept=accept)

    assert answer.status_code == 406, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
