"""Every route of the application as a request, made from the URL map: a route nobody filled fails the run."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

import flask
import httpx2

from service.web.doors import policy_of
from tests.people import FORM, Browser
from tests.world import CLINIC, JOURNAL

WORDS = "planted-words-of-somebody"
PAGES = {"patient-page": "journal", "clinician-page": "chart", "officer-page": "compliance"}


@dataclass(frozen=True)
class Probe:
    """One method on one path; `{visit}` stands for a visit's handle."""

    endpoint: str
    method: str
    path: str
    policy: str


# What differs from answer to answer by its nature.
_FLEETING = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def seen(answer: httpx2.Response) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer that tells anything."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "date")}
    return answer.status_code, _FLEETING.sub(b"an-id", answer.content), headers


def knock(browser: Browser, probe: Probe, csrf: str = "", **filled: str) -> httpx2.Response:
    """The request of a probe, as good as a stranger can make it."""
    path = probe.path.format(**({"visit": "v", "key": "k", "entry_id": "e"} | filled))
    if probe.method == "GET":
        return browser.ask("GET", JOURNAL + path)
    if probe.method == "PUT":
        headers = {"Content-Type": "application/json", "X-CSRF": csrf}
        return browser.ask("PUT", JOURNAL + path, content=b'{"revision": 1, "answers": []}', headers=headers)
    fields = {
        "csrf": csrf,
        "revision": "1",
        "version": "1",
        "text": "x",
        "key": str(uuid4()),
        "encounter": "six-done-1",
    }
    return browser.ask("POST", JOURNAL + path, content=urlencode(fields), headers=FORM)


# What a rule's own variables are filled with; a variable that is not named here fails the run.
FILLED = {
    "clinic": CLINIC,
    "key": "{key}",
    "entry_id": "{entry_id}",
    "response_id": "{entry_id}",
    "definition": "Questionnaire",
    "resource_id": "after-infusion-1",
    "bundle_id": "prompt-sets",
    "task_id": "{entry_id}",
    "encounter_id": "{entry_id}",
    "provenance_id": "{entry_id}.1",
    "document_id": "{entry_id}",
    "summary_id": "{entry_id}.1",
    "event_id": "{entry_id}",
    "filing_id": "{entry_id}",
    "version": "1",
    "patient_id": "patient-six-done",
    "number": "1",
    "kind": "patient",
    "filename": "journal.css",
    "visit": "{visit}",
}


def probes(app: flask.Flask) -> list[Probe]:
    """Every rule with every method of its own."""
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda match: FILLED[match[1]], rule.rule)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            found.append(Probe(rule.endpoint, method, path, policy_of(app, rule.endpoint).name))
    return found
