"""Every route of the clinic's FHIR base that asks for a token, as a request that a good one opens.

The routes come from the application's own URL map: those that take tokens of the clinic's authorization server, all but
the export base, whose tokens are ours.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.access.context import Role
from service.web.doors import policy_of
from tests.factories import keyed, response
from tests.people import FHIR_JSON, FORM, App, patient
from tests.world import JOURNAL, World

WORDS = "planted-words-of-somebody"
_BATCH = {
    "resourceType": "Bundle",
    "type": "batch",
    "entry": [{"request": {"method": "GET", "url": "QuestionnaireResponse"}}],
}
_KEY = "5a1c9f0e-8c9a-4f5d-9a53-0d2f6d1c7b11"


@dataclass(frozen=True, slots=True)
class Route:
    """One request to a route, good but for its token; `genuine` is the one that opens it."""

    name: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    genuine: str = ""


def ask(client: FlaskClient, route: Route, token: str) -> TestResponse:
    """The answer of a route to this token."""
    # Set in the environment as a WSGI server does it (PEP 3333): a client of ours would refuse to send some of them.
    shown = {"HTTP_AUTHORIZATION": f"Bearer {token}".encode().decode("latin-1")}
    return client.open(
        route.path,
        method=route.method,
        base_url=JOURNAL,
        headers=route.headers,
        data=route.content,
        environ_overrides=shown,
    )


def routes(world: World, app: App, officer: App) -> list[Route]:
    """Every route of the app's clinic whose policy is not public, as a request that a good token would pass."""
    patient(world, clinic=app.clinic).write("six-done-1", {"ai1.1": f"{WORDS} at {app.clinic}"})
    world.find(app.clinic)
    world.deliver(app.clinic)
    [document] = app.get("DocumentReference").json()["entry"]
    filled = {
        "clinic": app.clinic,
        "response_id": _first(app, "QuestionnaireResponse"),
        "version": "1",
        "resource_id": "after-infusion-1",
        "task_id": _untouched(app),
        "provenance_id": _first(app, "Provenance"),
        "encounter_id": _first(app, "Encounter"),
        "document_id": document["resource"]["id"],
        "summary_id": document["resource"]["content"][0]["attachment"]["url"].rpartition("/")[2],
        "event_id": _first(officer, "AuditEvent"),
    }
    found = []
    for rule in world.app.url_map.iter_rules():
        policy = policy_of(world.app, rule.endpoint)
        if policy.public or not rule.rule.startswith("/<clinic>/fhir"):
            continue
        opens = app if Role.PATIENT in policy.roles else officer
        path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda match: filled[match[1]], rule.rule)
        found += [
            Route(f"{method} {rule.rule}", method, path, *_body(app, method, path), opens.token or "")
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]
    return found


def _first(app: App, resource_type: str) -> str:
    found: str = app.get(resource_type).json()["entry"][0]["resource"]["id"]
    return found


def _untouched(app: App) -> str:
    """The Task of a visit about which none of these requests says anything."""
    tasks = [one["resource"] for one in app.get("Task").json()["entry"]]
    [found] = [one["id"] for one in tasks if one["encounter"]["reference"] == "Encounter/six-done-5"]
    return str(found)


def _body(app: App, method: str, path: str) -> tuple[dict[str, str], bytes]:
    if method == "GET":
        return {}, b""
    if method == "PUT":
        return _as_it_is(app, path.removeprefix(f"/{app.clinic}/fhir/"))
    if path.endswith("/_search"):
        return FORM, b"_count=5"
    if path.endswith("/$populate"):
        return FHIR_JSON, _json(_asked_to_populate(app.world))
    if path.rstrip("/").endswith("/fhir"):
        return FHIR_JSON, _json(_BATCH)
    sent = response(app.world, 2, encounter="six-done-2", identifier=keyed(_KEY))
    if path.endswith("/$validate"):
        return FHIR_JSON, _json(sent)
    # Sent again and again, it is kept once: the condition says so.
    once = f"identifier={keyed(_KEY)['system']}|{keyed(_KEY)['value']}"
    return FHIR_JSON | {"If-None-Exist": once}, _json(sent)


def _as_it_is(app: App, place: str) -> tuple[dict[str, str], bytes]:
    """A change to what is there already, which may be asked for again and again."""
    there = app.get(place)
    return FHIR_JSON | {"If-Match": there.headers["etag"]}, there.content


def _asked_to_populate(world: World) -> dict[str, Any]:
    prompt_set = world.desk.library.for_ordinal(1)
    assert prompt_set is not None
    subject = {"reference": "Patient/patient-six-done"}
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "questionnaire", "valueCanonical": prompt_set.canonical},
            {"name": "subject", "valueReference": subject},
        ],
    }


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
