"""What the requirements about forms ask: responses to a set with every kind of item, judged at both doors."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2

from service.journal.prompts import PromptLibrary, PromptSet
from service.web import guards
from tests.factories import response
from tests.people import FHIR_JSON, App, app_of
from tests.r4.answered import good
from tests.world import World

QR = "QuestionnaireResponse"
ITEM = f"{QR}.item"
VALIDATE = f"{QR}/$validate"
AS_NEW = f"{VALIDATE}?mode=create"
POPULATE = "Questionnaire/$populate"
NAME, OTHER_NAME = "patient-six-done", "patient-eight-done"
SET = "https://infusion-journal.example/fhir/Questionnaire/after-infusion-1"
Value = dict[str, Any]
Told = tuple[str, str, str]


def mine(world: World, name: str = NAME) -> App:
    """A patient's app that may do everything with responses and Tasks."""
    return app_of(world, name, scope="patient/QuestionnaireResponse.crus patient/Task.rus")


def publish(world: World, *sets: PromptSet) -> None:
    """Let the clinic publish these sets beside its own, or another state of them under the same url|version."""
    new = {one.canonical for one in sets}
    kept = tuple(one for one in world.desk.library.sets if one.canonical not in new)
    library = PromptLibrary((*kept, *sets))
    clinics = {key: replace(home, library=library) for key, home in world.desk.clinics.items()}
    world.wiring = replace(world.wiring, desk=replace(world.desk, library=library, clinics=clinics))
    world.app.extensions[guards.WIRING] = world.wiring


def answered(change: Callable[[Value], Any] = lambda value: None, **more: Any) -> Value:
    """The good response to the set with every kind of item, by this world's patient, and then changed."""
    told = json.dumps(good()).replace("Patient/pat-1", f"Patient/{NAME}")
    value: Value = json.loads(told) | {"authored": "2026-11-20T19:00:00Z"}
    del value["encounter"]
    change(value)
    return {name: one for name, one in (value | more).items() if one is not None}


def first_set(world: World, **more: Any) -> Value:
    """A good response to the clinic's first set; None takes an element away."""
    return copy.deepcopy(response(world, **more))


def told(answer: httpx2.Response) -> list[Told]:
    """What an OperationOutcome says: the code, the place and the severity of each issue."""
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome", answer.text
    return [(one["code"], *one.get("expression", [""]), one["severity"]) for one in outcome["issue"]]


def refused(world: World, value: Value, code: str, place: str) -> None:
    """Sent, it is refused with this one fault; tried, it is told the very same."""
    sent, tried = mine(world).post(QR, value), mine(world).post(AS_NEW, value)

    assert (sent.status_code, told(sent)) == (422, [(code, place, "error")]), sent.text
    assert (tried.status_code, tried.json()) == (200, sent.json())


def refused_also_as_draft(world: World, value: Value, code: str, place: str) -> None:
    """Complete or not, the fault stands in the way."""
    for status in ("completed", "in-progress"):
        refused(world, value | {"status": status}, code, place)


def refused_but_not_as_draft(world: World, value: Value, code: str, place: str) -> None:
    """Completed it is refused; a draft is kept and the same fault is only mentioned."""
    refused(world, value, code, place)
    draft = value | {"status": "in-progress"}

    tried, kept = mine(world).post(AS_NEW, draft), mine(world).post(QR, draft)

    assert told(tried) == [(code, place, "information")]
    assert kept.status_code == 201, kept.text


def taken(world: World, value: Value) -> Value:
    """What a response became that had to be taken."""
    answer = mine(world).post(QR, value)
    assert answer.status_code == 201, answer.text
    kept: Value = answer.json()
    return kept


def put(world: World, body: Value) -> httpx2.Response:
    """The response in the place of the one with its id, at the version its app has just read."""
    app = mine(world)
    tag = app.get(f"{QR}/{body['id']}").headers["etag"]
    raw = json.dumps(body, ensure_ascii=False).encode()
    return app.ask("PUT", f"{QR}/{body['id']}", content=raw, headers=FHIR_JSON | {"If-Match": tag})


def by_link(value: Value) -> dict[str, Value]:
    """The items of a response or a questionnaire at its top, by linkId."""
    return {one["linkId"]: one for one in value.get("item", ())}
