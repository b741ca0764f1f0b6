"""Show more than two hundred kinds of forged tokens at every FHIR route that asks for one, and count what opens.

The routes come from the application's own URL map: those that take tokens of the clinic's authorization server, all but
the export base, whose tokens are ours. Beside every forgery goes the same request with a genuine token:
a route at which that one is refused would prove nothing. A forgery counts as refused by 401 alone, or by a 400 or 403
that the genuine token does not get. Nothing may be fetched because a token says so (threats T12 to T14).
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.access.context import Role
from service.cli.demo_clinic import CLINIC
from service.web.doors import policy_of
from tests.factories import keyed, response
from tests.people import FHIR_JSON, FORM, App, patient, staff_app
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.forging import forgeries
from tests.proofs.small_world import small_world
from tests.world import HOMES, JOURNAL, World

DEFAULT_N = 100
CI_N = 1

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


@dataclass
class Tally:
    """What came of it; `answers` counts the statuses that forgeries got."""

    sent: int = 0
    accepted: int = 0
    told: int = 0  # a patient's words in an answer to a forgery
    genuine: int = 0
    genuine_refused: int = 0
    answers: Counter[int] = field(default_factory=Counter)


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Every forgery at n routes, or at all where there are no more than n; which ones is chance."""
    chance, tally = random.Random(seed), Tally()
    with small_world() as world:
        genuine, forged = forgeries(world)
        routes = _routes(
            world, App(world, genuine), staff_app(world, "officer-1", scope="user/AuditEvent.rs")
        )
        times = min(n, len(routes))
        asked_before = len(world.net.asked)
        client = world.app.test_client(use_cookies=False)
        for done, (name, token) in enumerate(forged.items(), 1):
            for route in chance.sample(routes, times):
                _show(client, route, name, token, tally, report)
            if done % 100 == 0:
                report(f"{done} of {len(forged)} forgeries")
        elsewhere = [one for one in world.net.asked[asked_before:] if not _at_home(one)]
        kept = App(world, genuine).get("QuestionnaireResponse?_summary=count").json()["total"]
    for one in elsewhere:
        report(f"fetched: {one}")
    return Figures(
        planned=len(forged) * times,
        injected=tally.sent,
        counted={
            "forgeries": len(set(forged.values()) - {genuine}),
            "routes": len(routes),
            "accepted": tally.accepted,
            "words_told": tally.told,
            "fetched_elsewhere": len(elsewhere),
            "unauthorized": tally.answers[401],
            "genuine": tally.genuine,
            "genuine_refused": tally.genuine_refused,
            "responses_kept": kept,
        },
        bars={
            "forgeries": at_least(max(200, len(forged))),
            "routes": at_least(34),
            "accepted": exactly(0),
            "words_told": exactly(0),
            "fetched_elsewhere": exactly(0),
            "genuine": at_least(len(forged) * times),
            "genuine_refused": exactly(0),
            "responses_kept": exactly(2),
        },
    )


def _show(
    client: FlaskClient,
    route: Route,
    name: str,
    token: str,
    tally: Tally,
    report: Callable[[str], None],
) -> None:
    """The forgery, and the same request with the genuine token."""
    false, good = _ask(client, route, token), _ask(client, route, route.genuine)
    tally.sent += 1
    tally.answers[false.status_code] += 1
    refused = false.status_code == 401 or (
        false.status_code in (400, 403) and good.status_code != false.status_code
    )
    tally.accepted += not refused
    tally.told += WORDS in false.text
    tally.genuine += 1
    tally.genuine_refused += not _is_good(good)
    if not refused:
        report(f"{route.name}: {name} was answered {false.status_code}")
    if not _is_good(good):
        report(f"{route.name}: the genuine token was answered {good.status_code}: {good.text[:300]}")


def _ask(client: FlaskClient, route: Route, token: str) -> TestResponse:
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


def _is_good(answer: TestResponse) -> bool:
    return 200 <= answer.status_code < 300


def _at_home(asked: str) -> bool:
    """Whether our service asked a clinic's own record system, for what its metadata names."""
    url = asked.split(" ", 1)[1]
    return any(url.startswith(f"{home}/") for home in HOMES.values())


def _routes(world: World, app: App, officer: App) -> list[Route]:
    """Every route of the clinic's base whose policy is not public, as a request that a good token would pass."""
    patient(world).write("six-done-1", {"ai1.1": WORDS})
    world.find()
    world.deliver()
    [document] = app.get("DocumentReference").json()["entry"]
    filled = {
        "clinic": CLINIC,
        "response_id": _first(app, "QuestionnaireResponse"),
        "version": "1",
        "resource_id": "after-infusion-1",
        "task_id": _first(app, "Task"),
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


def _body(app: App, method: str, path: str) -> tuple[dict[str, str], bytes]:
    if method == "GET":
        return {}, b""
    if method == "PUT":
        return _as_it_is(app, path.removeprefix(f"/{CLINIC}/fhir/"))
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
