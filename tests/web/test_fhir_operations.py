"""Operations at the clinic's FHIR base: trying a response before it is sent, and a blank one to fill in (D1, D2)."""

import json
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.parameters import Parameters

from service.audit.record import Deed
from service.journal.prompts import PromptLibrary
from service.store import drafts, entries
from service.web import fhir_operations, guards
from tests.factories import keyed, response
from tests.people import App, app_of, backend_app, patient, staff_app
from tests.r4.answered import Value, everything, good
from tests.r4.test_response_faults import MUTATIONS
from tests.web.fhir_answers import QR, ids, issues
from tests.web.test_fhir_api import FAULTS
from tests.workflow.contexts import as_patient
from tests.workflow.remembered import log
from tests.world import World

VALIDATE = f"{QR}/$validate"
AS_NEW = f"{VALIDATE}?mode=create"
POPULATE = "Questionnaire/$populate"
SET = "https://infusion-journal.example/fhir/Questionnaire/after-infusion-1"


def parameters(*given: Value) -> Value:
    return {"resourceType": "Parameters", "parameter": list(given)}


def kept(world: World) -> tuple[int, int]:
    """How many entries and drafts the patient has."""
    store = world.desk.store
    return len(entries.newest_first(store, as_patient())), len(drafts.drafts_of(store, as_patient()))


def places(answer: Any) -> list[str]:
    return [one for issue in answer.json()["issue"] for one in issue.get("expression", [])]


# --- $validate -------------------------------------------------------------------------------------------------


def test_a_good_response_is_told_so_and_not_kept(world: World) -> None:
    for path in (VALIDATE, AS_NEW):
        answer = app_of(world).post(path, response(world))

        assert answer.status_code == 200
        assert issues(answer) == ["informational"]
        assert answer.headers["cache-control"] == "no-store"
    assert kept(world) == (0, 0)


def test_every_fault_of_one_response_is_what_sending_it_is_refused_with(world: World) -> None:
    """V1 to V7, V11 to V19 and V22 with the clinic's own set, each at its place; 200 all the same (P-21)."""
    app = app_of(world)
    for name, (change, _, _) in FAULTS.items():
        sent = response(world, **change)
        if change.get("questionnaire") == "SAME":
            sent["questionnaire"] = response(world)["questionnaire"].split("|")[0]

        tried = app.post(AS_NEW, sent)

        assert tried.status_code == 200, name
        OperationOutcome.model_validate(tried.json())
        assert {one["severity"] for one in tried.json()["issue"]} == {"error"}, name
        assert tried.json() == app.post(QR, sent).json(), name
    assert kept(world) == (0, 0)


def test_every_fault_of_every_kind_of_item_is_what_sending_it_is_refused_with(world: World) -> None:
    """V2 to V22 with a set that has every kind of item (V21's strings do not even pass the reading)."""
    with_everything(world)
    app = app_of(world)
    assert issues(app.post(AS_NEW, answered())) == ["informational"]
    for name, (change, code, expression) in MUTATIONS.items():
        sent = answered()
        change(sent)

        tried = app.post(AS_NEW, sent)

        refused = app.post(QR, sent)
        assert tried.json() == refused.json(), name
        if name.startswith("V21"):
            assert tried.status_code == refused.status_code in (400, 413), name
            continue
        assert tried.status_code == 200, name
        assert code in issues(tried), name
        assert expression in places(tried), name
    assert kept(world) == (0, 0)


def test_what_a_draft_may_have_is_told_as_information_and_kept_nonetheless(world: World) -> None:
    with_everything(world)
    sent = answered() | {"status": "in-progress"}
    sent["item"] = [one for one in sent["item"] if one["linkId"] != "needed"]

    tried = app_of(world).post(AS_NEW, sent)

    (issue,) = tried.json()["issue"]
    assert (issue["severity"], issue["code"]) == ("information", "required")
    assert issue["expression"] == [f"{QR}.item.where(linkId='needed')"]
    assert app_of(world).post(QR, sent).status_code == 201


def test_what_is_no_response_at_all_is_a_fault_and_no_refusal(world: World) -> None:
    answer = app_of(world).post(VALIDATE, {"resourceType": "Observation"})

    assert (answer.status_code, issues(answer), places(answer)) == (200, ["invalid"], [QR])


def test_by_itself_a_response_may_stand_where_a_new_one_could_not(world: World) -> None:
    """Without a mode R4 asks for general validity alone."""
    app, sent = app_of(world), response(world, identifier=keyed("7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a10"))
    stored = app.post(QR, sent).json()

    assert issues(app.post(VALIDATE, stored)) == ["informational"]
    assert issues(app.post(f"{VALIDATE}?mode=profile", stored | {"status": "amended"})) == ["informational"]
    assert issues(app.post(VALIDATE, stored | {"subject": {"reference": "Group/1"}})) == ["value"]
    for taken in (stored, response(world)):
        tried, refused = app.post(AS_NEW, taken), app.post(QR, taken)
        assert (tried.status_code, refused.status_code) == (200, 409)
        assert tried.json() == refused.json()
    assert kept(world) == (1, 0)


def test_words_of_the_page_stand_in_the_way_of_an_app_in_both(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    ada.type(key, 1, {"ai1.1": "on the page"})
    for status in ("completed", "in-progress"):
        sent = response(world, status=status, identifier=keyed(key))

        tried, refused = app_of(world).post(AS_NEW, sent), app_of(world).post(QR, sent)

        assert (tried.status_code, refused.status_code) == (200, 412), status
        assert tried.json() == refused.json()


def test_a_change_is_judged_by_what_is_kept(world: World) -> None:
    app, key = app_of(world), "7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a10"
    draft = app.post(QR, response(world, status="in-progress", identifier=keyed(key))).json()
    path = f"{QR}/{draft['id']}/$validate?mode=update"
    changed = {
        "good": ({"status": "completed"}, ["informational"], []),
        "another id": ({"id": "another"}, ["value"], [f"{QR}.id"]),
        "another step": ({"status": "amended"}, ["business-rule"], [f"{QR}.status"]),
        "another identifier": ({"identifier": keyed(key[::-1])}, ["business-rule"], [f"{QR}.identifier"]),
        "another set": (
            {"questionnaire": response(world, 2)["questionnaire"], "item": [], "status": "in-progress"},
            ["structure"],
            [f"{QR}.item"],
        ),
        "another infusion": (
            {"encounter": {"reference": "Encounter/six-done-2"}},
            ["business-rule"],
            [f"{QR}.encounter"],
        ),
        "somebody else": ({"author": {"reference": "Patient/x"}}, ["forbidden"], [f"{QR}.author"]),
        "an excerpt": (
            {"meta": {"tag": [{"code": "SUBSETTED"}]}},
            ["business-rule"],
            [f"{QR}.meta.tag"],
        ),
    }
    for name, (change, codes, where) in changed.items():
        answer = app.post(path, draft | change)
        assert (answer.status_code, issues(answer), places(answer)) == (200, codes, where), name
    at_type = app.post(f"{VALIDATE}?mode=update", draft | {"status": "completed"})
    assert issues(at_type) == ["informational"]
    without = {name: value for name, value in draft.items() if name != "id"}
    assert places(app.post(f"{VALIDATE}?mode=update", without)) == [f"{QR}.id"]
    assert kept(world) == (0, 1)
    assert app.get(f"{QR}/{draft['id']}").json() == draft


def test_another_set_is_no_change_of_this_response(world: World) -> None:
    app = app_of(world)
    draft = app.post(QR, response(world, status="in-progress")).json()
    other = response(world, 2, status="in-progress", id=draft["id"], encounter="six-done-1")

    answer = app.post(f"{QR}/{draft['id']}/$validate?mode=update", other)

    assert places(answer) == [f"{QR}.questionnaire"]


def test_what_was_sent_is_not_begun_again(world: World) -> None:
    app = app_of(world)
    sent = app.post(QR, response(world)).json()
    path = f"{QR}/{sent['id']}/$validate?mode=update"

    assert places(app.post(path, sent | {"status": "in-progress"})) == [f"{QR}.status"]
    assert issues(app.post(path, sent | {"status": "amended"})) == ["informational"]


def test_mode_and_profile_come_in_parameters_too(world: World) -> None:
    app, sent = app_of(world), response(world, status="stopped")
    resource = {"name": "resource", "resource": sent}
    sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaireresponse"

    new = app.post(VALIDATE, parameters(resource, {"name": "mode", "valueCode": "create"}))
    alone = app.post(VALIDATE, parameters(resource, {"name": "profile", "valueUri": sdc}))

    assert places(new) == [f"{QR}.status"]
    assert issues(alone) == ["informational"]


MODE = {"name": "mode", "valueCode": "create"}
RESOURCE = {"name": "resource", "resource": {"resourceType": QR}}
WRONG: dict[str, tuple[str, object, int, str]] = {
    "no resource": (VALIDATE, parameters(MODE), 400, "required"),
    "a value for a resource": (
        VALIDATE,
        parameters({"name": "resource", "valueString": "x"}),
        400,
        "required",
    ),
    "a mode twice": (f"{AS_NEW}", parameters(RESOURCE, MODE), 400, "value"),
    "a mode twice in Parameters": (VALIDATE, parameters(RESOURCE, MODE, MODE), 400, "value"),
    "a mode of another kind": (
        VALIDATE,
        parameters(RESOURCE, {"name": "mode", "valueInteger": 1}),
        400,
        "value",
    ),
    "no mode of R4": (f"{VALIDATE}?mode=strict", {}, 400, "not-supported"),
    "deleting": (f"{VALIDATE}?mode=delete", {}, 400, "not-supported"),
    "another profile": (f"{VALIDATE}?profile=http://x.example/p", {}, 400, "not-supported"),
    "another parameter": (VALIDATE, parameters(RESOURCE, {"name": "usageContext"}), 400, "not-supported"),
    "another one in the address": (f"{VALIDATE}?subject=x", {}, 400, "not-supported"),
    "value and resource": (VALIDATE, parameters(RESOURCE | {"valueCode": "x"}), 400, "invariant"),
    "a list for a resource": (VALIDATE, parameters({"name": "resource", "resource": []}), 400, "invariant"),
    "parameters as an object": (VALIDATE, {"resourceType": "Parameters", "parameter": {}}, 400, "structure"),
    "no name": (VALIDATE, parameters({"valueCode": "create"}), 400, "required"),
    "no JSON": (VALIDATE, b"<x/>", 400, "structure"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_asked_is_refused_with_its_reason(world: World, name: str) -> None:
    path, body, status, code = WRONG[name]

    answer = app_of(world).post(path, body)

    assert (answer.status_code, set(issues(answer))) == (status, {code}), answer.text


def test_another_kind_of_body_is_refused(world: World) -> None:
    for path in (VALIDATE, POPULATE):
        answer = app_of(world).post(path, response(world), **{"Content-Type": "text/plain"})
        assert (answer.status_code, issues(answer)) == (415, ["not-supported"])


def test_each_try_is_remembered_as_a_read_and_holds_no_words(world: World) -> None:
    app = app_of(world)
    draft = app.post(QR, response(world, status="in-progress")).json()
    app.post(VALIDATE, response(world, words={"ai1.1": "planted-words"}, status="stopped"))
    app.post(f"{QR}/{draft['id']}/$validate", draft)
    app.post(POPULATE, asked(world))

    read = [one for one in log(world) if one.deed is Deed.READ and one.what != "Encounter"]

    assert [(one.what, one.patient) for one in read] == [
        (QR, "patient-six-done"),
        (f"{QR}/{draft['id']}", "patient-six-done"),
        ("Questionnaire/after-infusion-1", "patient-six-done"),
    ]
    assert "planted-words" not in repr(read)


def test_another_patients_response_is_as_good_as_none(world: World) -> None:
    theirs = app_of(world, "patient-two-in").post(
        QR, response(world, name="patient-two-in", encounter="two-in-1", status="in-progress")
    )
    app = app_of(world)
    for path in (f"{QR}/{theirs.json()['id']}/$validate", f"{QR}/no-such-id/$validate"):
        answer = app.post(path, response(world))
        assert (answer.status_code, issues(answer)) == (404, ["not-found"])


# --- $populate -------------------------------------------------------------------------------------------------


def asked(world: World, *more: Value, **other: Value | None) -> Value:
    """Good parameters for the first set; None takes one away."""
    given: dict[str, Value | None] = {
        "questionnaire": {"valueCanonical": f"{SET}|1.0.0"},
        "subject": {"valueReference": {"reference": "Patient/patient-six-done"}},
    } | other
    return parameters(*({"name": name} | one for name, one in given.items() if one is not None), *more)


def encounter(reference: str, name: str = "encounter") -> Value:
    content = {"name": "content", "valueReference": {"reference": reference}}
    return {"name": "context", "part": [{"name": "name", "valueString": name}, content]}


def made(answer: Any) -> Value:
    assert answer.status_code == 200, answer.text
    Parameters.model_validate(answer.json())
    found: Value = {one["name"]: one["resource"] for one in answer.json()["parameter"]}
    return found


def test_a_blank_response_has_every_item_and_no_answer(world: World) -> None:
    answer = app_of(world).post(POPULATE, asked(world))

    found = made(answer)
    published = json.loads(world.wiring.questionnaires["after-infusion-1.json"])
    assert set(found) == {"response"}
    blank = found["response"]
    assert blank["item"] == [{"linkId": one["linkId"], "text": one["text"]} for one in published["item"]]
    assert (blank["status"], blank["questionnaire"]) == ("in-progress", f"{SET}|1.0.0")
    assert blank["subject"] == blank["author"] == blank["source"] == {"reference": "Patient/patient-six-done"}
    assert "encounter" not in blank
    assert answer.headers["cache-control"] == "no-store"
    assert kept(world) == (0, 0)


def test_a_blank_response_holds_nothing_of_what_was_written_before(world: World) -> None:
    """Look-backs are shown beside a prompt, never copied (P-09), and drafts stay where they are (P-05)."""
    ada = patient(world)
    ada.write("six-done-1", {"ai1.1": "planted-words"})
    key = ada.begin("six-done-2")
    ada.type(key, 1, {"ai2.1": "planted-words too"})

    for number in range(1, 7):
        answer = app_of(world).post(f"Questionnaire/after-infusion-{number}/$populate", asked(world))
        assert "answer" not in json.dumps(made(answer)["response"]["item"]), number
        assert "planted-words" not in answer.text


def test_what_is_filled_in_is_taken_as_a_draft_and_then_as_an_entry(world: World) -> None:
    app = app_of(world)
    blank = made(app.post(POPULATE, asked(world, encounter("Encounter/six-done-1"))))["response"]
    assert blank["encounter"] == {"reference": "Encounter/six-done-1"}

    begun = app.post(QR, blank)
    item = next(one for one in blank["item"] if one["linkId"] == "ai1.1")
    item["answer"] = [{"valueString": "filled in"}]
    tried = app.post(AS_NEW, blank | {"status": "completed"})
    sent = app.post(QR, blank | {"status": "completed"})

    assert (begun.status_code, sent.status_code) == (201, 201), sent.text
    assert issues(tried) == ["informational"]
    assert sent.json()["id"] == begun.json()["id"]
    assert ids(app.get(f"{QR}?encounter=six-done-1")) == [sent.json()["id"]]


NAMED: dict[str, Value] = {
    "a canonical with its version": {"questionnaire": {"valueUri": f"{SET}|1.0.0"}},
    "a canonical for the newest": {"questionnaire": {"valueCanonical": SET}},
    "a reference": {"questionnaire": {"valueReference": {"reference": "Questionnaire/after-infusion-1"}}},
    "a resource": {
        "questionnaire": {"resource": {"resourceType": "Questionnaire", "url": SET, "version": "1.0.0"}}
    },
    "the older name": {"questionnaire": None, "canonical": {"valueCanonical": SET}},
    "the oldest name": {
        "questionnaire": None,
        "questionnaireRef": {"valueReference": {"reference": "BASE/Questionnaire/after-infusion-1"}},
    },
}


@pytest.mark.parametrize("way", NAMED)
def test_the_questionnaire_is_named_in_any_of_the_ways_of_sdc(world: World, way: str) -> None:
    told = json.loads(json.dumps(asked(world, **NAMED[way])).replace("BASE", world.base))

    assert made(app_of(world).post(POPULATE, told))["response"]["questionnaire"] == f"{SET}|1.0.0"


NOT_POPULATED: dict[str, tuple[Value, int, str]] = {
    "no questionnaire": ({"questionnaire": None}, 400, "required"),
    "two of them": ({"canonical": {"valueUri": SET}}, 400, "required"),
    "an unknown one": ({"questionnaire": {"valueUri": "http://x.example/q"}}, 422, "not-found"),
    "an unknown version": ({"questionnaire": {"valueUri": f"{SET}|9"}}, 422, "not-found"),
    "an identifier": (
        {"questionnaire": None, "identifier": {"valueIdentifier": {"value": "x"}}},
        422,
        "not-found",
    ),
    "somebody else's server": (
        {
            "questionnaire": {
                "valueReference": {"reference": "https://x.example/Questionnaire/after-infusion-1"}
            }
        },
        422,
        "not-found",
    ),
    "no subject": ({"subject": None}, 400, "required"),
    "a group": ({"subject": {"valueReference": {"reference": "Group/1"}}}, 400, "required"),
    "another patient": (
        {"subject": {"valueReference": {"reference": "Patient/patient-two-in"}}},
        403,
        "forbidden",
    ),
    "nobody's patient": ({"subject": {"valueReference": {"reference": "Patient/none"}}}, 403, "forbidden"),
    "a context without a name": ({"context": {"part": [{"name": "content"}]}}, 400, "structure"),
    "an unknown parameter": ({"prefill": {"valueBoolean": True}}, 400, "not-supported"),
}


@pytest.mark.parametrize("name", NOT_POPULATED)
def test_a_blank_response_that_cannot_be_made_is_refused(world: World, name: str) -> None:
    other, status, code = NOT_POPULATED[name]

    answer = app_of(world).post(POPULATE, asked(world, **other))

    assert (answer.status_code, issues(answer)) == (status, [code]), answer.text


def test_at_a_questionnaire_the_address_says_which(world: World) -> None:
    app = app_of(world)
    told = asked(world, questionnaire={"valueUri": "http://x.example/q"})

    blank = made(app.post("Questionnaire/after-infusion-2/$populate", told))["response"]

    assert blank["questionnaire"].endswith("/after-infusion-2|1.0.0")
    assert issues(app.post("Questionnaire/after-infusion-7/$populate", told)) == ["not-found"]


def test_a_retired_questionnaire_begins_nothing(world: World) -> None:
    library = world.desk.library
    retired = tuple(replace(one, status="retired") if one.ordinal == 1 else one for one in library.sets)
    with_library(world, PromptLibrary(retired))

    answer = app_of(world).post(POPULATE, asked(world))

    assert (answer.status_code, issues(answer)) == (422, ["business-rule"])


IN_VAIN: dict[str, tuple[Value, str]] = {
    "another patient's encounter": (encounter("Encounter/two-in-1"), "business-rule"),
    "an unknown encounter": (encounter("Encounter/none"), "business-rule"),
    "no infusion": (encounter("Encounter/six-done-intake"), "business-rule"),
    "another set's infusion": (encounter("Encounter/six-done-2"), "business-rule"),
    "no encounter": (encounter("Patient/patient-six-done"), "value"),
    "an unknown context": (encounter("Location/1", "weather"), "not-supported"),
    "another patient in context": (encounter("Patient/patient-two-in", "patient"), "value"),
    "data": ({"name": "data", "valueReference": {"reference": "Observation/1"}}, "informational"),
}


@pytest.mark.parametrize("name", IN_VAIN)
def test_what_is_said_in_vain_is_told_beside_the_response(world: World, name: str) -> None:
    more, code = IN_VAIN[name]

    found = made(app_of(world).post(POPULATE, asked(world, more)))

    (issue,) = found["issues"]["issue"]
    assert issue["code"] == code
    assert issue["severity"] in ("warning", "information")
    assert "encounter" not in found["response"]
    assert not any(word in json.dumps(issue) for word in ("two-in", "six-done", "weather", "none"))


def test_an_infusion_that_is_taken_is_not_offered_again(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": "on the page"})

    found = made(app_of(world).post(POPULATE, asked(world, encounter("Encounter/six-done-1"))))

    assert [one["code"] for one in found["issues"]["issue"]] == ["business-rule"]
    assert "encounter" not in found["response"]


# --- who may ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [VALIDATE, f"{QR}/x/$validate", POPULATE, "Questionnaire/after-infusion-1/$populate"]
)
def test_both_operations_need_what_sending_needs(world: World, path: str) -> None:
    body = asked(world) if "populate" in path else response(world)
    writing = "QuestionnaireResponse.crs"
    refused = {
        "nobody": (App(world), 401),
        "a patient's app that may only read": (app_of(world, scope="patient/QuestionnaireResponse.rs"), 403),
        "staff": (staff_app(world, chart="patient-six-done", scope=f"user/{writing}"), 403),
        "a service": (backend_app(world, scope=f"system/{writing}"), 403),
    }
    for who, (app, status) in refused.items():
        answer = app.post(path, body)
        assert answer.status_code == status, who
        assert issues(answer) == ["login" if status == 401 else "forbidden"]
    assert kept(world) == (0, 0)


def test_what_is_published_about_an_operation_is_what_it_takes(world: World) -> None:
    """Every parameter that goes in is offered, and each one offered is told."""
    for name, offered in (
        ("response-validate", set(fhir_operations.TAKEN_TO_VALIDATE)),
        ("questionnaire-populate", set(fhir_operations.TAKEN_TO_POPULATE)),
    ):
        published = App(world).get(f"OperationDefinition/{name}").json()
        assert {one["name"] for one in published["parameter"] if one["use"] == "in"} == offered
        assert (published["type"], published["instance"]) == (True, True)


def test_an_operation_is_not_read(world: World) -> None:
    assert app_of(world).get(VALIDATE).status_code == 404
    assert app_of(world).get(POPULATE).status_code == 404
    assert app_of(world).post(f"{QR}/$everything", {}).status_code in (404, 405)


def with_library(world: World, library: PromptLibrary) -> None:
    """The same world, with other sets published."""
    clinics = {key: replace(home, library=library) for key, home in world.desk.clinics.items()}
    wiring = replace(world.wiring, desk=replace(world.desk, library=library, clinics=clinics))
    world.app.extensions[guards.WIRING] = wiring


def with_everything(world: World) -> None:
    with_library(world, PromptLibrary((*world.desk.library.sets, everything())))


def answered() -> Value:
    """The good response to every kind of item, by this world's patient, before its noon."""
    told = json.dumps(good()).replace("Patient/pat-1", "Patient/patient-six-done")
    value: Value = json.loads(told) | {"authored": "2026-11-20T19:00:00Z"}
    del value["encounter"]
    return value
