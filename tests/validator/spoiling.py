"""Resources spoiled on purpose, one fault each: what the validator has to find, or it does not look.

Each spoils a copy of one that was emitted or published, so that nothing but the fault is wrong with it.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from service.r4.canonical import BASE, THEMES

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spoiler:
    """One fault: the resource type it is for, whether a resource has what it takes, how it gets in, and the words by
    which the validator's error is known for this fault and no other."""

    kind: str
    fits: Callable[[Json], Any]
    spoil: Callable[[Json], None]
    known_by: str


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A spoiled resource as JSON, and the words its error must hold."""

    body: str
    known_by: str


def always(resource: Json) -> bool:
    return bool(resource)


def _ordinal(task: Json) -> Json:
    return next(one for one in task["extension"] if one["url"].endswith("/infusion-ordinal"))


SPOILERS = (
    # The rules of R4 itself: values, bindings, cardinalities, invariants.
    Spoiler("Questionnaire", always, lambda q: q["item"].append(q["item"][-1]), "que-2"),
    Spoiler("Questionnaire", always, lambda q: q["item"][0].update(code=q["item"][-1]["code"]), "que-3"),
    Spoiler("QuestionnaireResponse", always, lambda r: r.update(status="sent"), "sent"),
    Spoiler("DocumentReference", always, lambda d: d.pop("content"), "DocumentReference.content"),
    Spoiler("DocumentReference", always, lambda d: d.update(date="2026-13-45"), "2026-13-45"),
    Spoiler("Task", always, lambda t: t.pop("intent"), "Task.intent"),
    Spoiler("Provenance", always, lambda p: p.pop("agent"), "Provenance.agent"),
    Spoiler("OperationOutcome", always, lambda o: o["issue"][0].update(code="oops"), "oops"),
    Spoiler("CapabilityStatement", always, lambda c: c.update(wizard=True), "wizard"),
    Spoiler("AuditEvent", always, lambda e: e.update(outcomeDesc=""), "outcomeDesc"),
    Spoiler("Bundle", always, lambda b: b.update(type="search"), "search"),
    # What we published ourselves: our sets, codes and extensions are known and hold.
    Spoiler(
        "QuestionnaireResponse",
        lambda r: "questionnaire" in r and r.get("item"),
        lambda r: r["item"].append({"linkId": "no.such.item", "answer": [{"valueString": "x"}]}),
        "no.such.item",
    ),
    Spoiler(
        "Questionnaire",
        always,
        lambda q: q["item"][-1].update(code=[{"system": THEMES, "code": "no-such-theme"}]),
        "no-such-theme",
    ),
    Spoiler(
        "AuditEvent",
        lambda e: "extension" in e,
        lambda e: e["extension"].append({"url": f"{BASE}/StructureDefinition/no-such", "valueInteger": 1}),
        "no-such",
    ),
    Spoiler(
        "AuditEvent",
        lambda e: "extension" in e,
        lambda e: e.update(extension=[{"url": e["extension"][0]["url"], "valueString": "7"}]),
        "found type string",
    ),
    Spoiler(
        "Task", lambda t: t.get("extension"), lambda t: _ordinal(t).update(valuePositiveInt=0), "positive"
    ),
    Spoiler(
        "StructureDefinition",
        always,
        lambda s: s.update(context=[{"type": "element", "expression": "Tusk"}]),
        "Tusk",
    ),
)


def spoiled(sound: Iterable[str]) -> Iterator[Spoiled]:
    """A copy for each spoiler, of the first of these resources (JSON) that it fits; none where it fits none."""
    resources = [json.loads(body) for body in sound]
    for spoiler in SPOILERS:
        of_kind = (one for one in resources if one["resourceType"] == spoiler.kind and spoiler.fits(one))
        found = next(of_kind, None)
        if found is not None:
            copy = json.loads(json.dumps(found))
            spoiler.spoil(copy)
            yield Spoiled(json.dumps(copy), spoiler.known_by)
