"""Every route of the application as a request, made from the URL map: a route nobody filled fails the run."""

import re
from dataclasses import dataclass

import flask

from service.web.doors import policy_of
from tests.world import CLINIC


@dataclass(frozen=True)
class Probe:
    """One method on one path; `{visit}` stands for a visit's handle."""

    endpoint: str
    method: str
    path: str
    policy: str


# What a rule's own variables are filled with; a variable that is not named here fails the run.
FILLED = {
    "clinic": CLINIC,
    "key": "{key}",
    "entry_id": "{entry_id}",
    "response_id": "{entry_id}",
    "resource_id": "after-infusion-1",
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
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: FILLED[match[1]], rule.rule)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            found.append(Probe(rule.endpoint, method, path, policy_of(app, rule.endpoint).name))
    return found
