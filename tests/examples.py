"""The examples in fhir/examples: what one small clinic's day makes the service say, each kind of resource once.

They are made by the running service, never by hand: `python -m tests.examples` writes them anew, and a test holds the
files against a fresh day. Who lives in them are the sandbox's own people.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2

from service import paths
from service.r4 import audit_event
from tests.emitted import VOLATILE
from tests.factories import keyed, response
from tests.people import App, app_of, patient
from tests.proofs.small_world import small_world
from tests.workflow.remembered import log
from tests.world import World

FOLDER = paths.definitions() / "examples"
EVERYTHING = " ".join(
    f"patient/{kind}"
    for kind in (
        "QuestionnaireResponse.crus",
        "DocumentReference.rs",
        "Binary.r",
        "Task.rs",
        "Encounter.rs",
        "Provenance.rs",
    )
)
_BEGUN = "c0a7c7b2-6a3c-4b60-8f0e-3f0a1f0a2b52"
_INFUSION, _NEXT = "six-done-1", "six-done-2"
_WORDS = {"ai1.1": "Some rest. I think I found it.", "ai1.4": "To be slower with myself."}
_REFUSED = {"ai1.9": "There is no such prompt."}
QR = "QuestionnaireResponse"
Told = Mapping[str, Any]


def examples(world: World) -> Iterator[tuple[str, Told]]:
    """Each example by its path below the folder: a patient writes, the worker files, an app looks."""
    app, journal = app_of(world, scope=EVERYTHING), patient(world)
    key = journal.write(_INFUSION, _WORDS)
    [sent] = (one["resource"] for one in app.get(f"{QR}?identifier=urn:uuid:{key}").json()["entry"])
    begun = app.post(
        QR,
        response(
            world,
            2,
            encounter=_NEXT,
            words={"ai2.1": "Water,"},
            status="in-progress",
            identifier=keyed(_BEGUN),
        ),
    ).json()
    yield "DocumentReference/filed", _filed(world)
    yield f"{QR}/completed", sent
    yield f"{QR}/in-progress", begun
    yield from _read(app, sent["id"])
    yield from _asked(world, app, sent)
    yield "AuditEvent/create", json.loads(audit_event.write(_creation(world), 1))


def _read(app: App, entry_id: str) -> Iterator[tuple[str, Told]]:
    """What stands beside a response at our base."""
    for kind, search, name in (
        ("Encounter", f"_id={_INFUSION}", "infusion"),
        ("Task", f"encounter=Encounter/{_INFUSION}", "completed"),
        ("Task", f"encounter=Encounter/{_NEXT}", "requested"),
        ("Provenance", f"target={QR}/{entry_id}", "sent"),
        ("DocumentReference", "status=current", "summary"),
    ):
        [found] = app.get(f"{kind}?{search}").json()["entry"]
        yield f"{kind}/{name}", found["resource"]
        if kind == "DocumentReference":
            address = found["resource"]["content"][0]["attachment"]["url"]
            whole = app.get(f"Binary/{address.rpartition('/')[2]}", Accept="application/fhir+json").json()
            yield "Binary/summary", whole


def _asked(world: World, app: App, sent: Told) -> Iterator[tuple[str, Told]]:
    """Answers that hold other resources, and one that says why not."""
    yield "Bundle/searchset", app.get(f"{QR}?status=completed&_revinclude=Provenance:target").json()
    yield "Bundle/history", app.get(f"{QR}/{sent['id']}/_history").json()
    yield "Bundle/batch-response", app.post("", _batch(sent["id"])).json()
    yield "Parameters/populated", app.post("Questionnaire/after-infusion-3/$populate", _blank()).json()
    yield "OperationOutcome/refused", app.post(QR, response(world, encounter=None, words=_REFUSED)).json()


def _batch(entry_id: str) -> Told:
    wanted = (f"{QR}/{entry_id}", f"{QR}/none")
    entry = [{"request": {"method": "GET", "url": one}} for one in wanted]
    return {"resourceType": "Bundle", "type": "batch", "entry": entry}


def _blank() -> Told:
    subject = {"name": "subject", "valueReference": {"reference": "Patient/patient-six-done"}}
    infusion = {"name": "content", "valueReference": {"reference": "Encounter/six-done-3"}}
    context = {"name": "context", "part": [{"name": "name", "valueString": "encounter"}, infusion]}
    return {"resourceType": "Parameters", "parameter": [subject, context]}


def _filed(world: World) -> Told:
    """What the record system is handed when the worker files."""
    handed: list[bytes] = []

    def watching(request: httpx2.Request, answer: Callable[[], httpx2.Response]) -> httpx2.Response:
        if request.method == "POST" and request.url.path.endswith("/DocumentReference"):
            handed.append(request.read())
        return answer()

    world.net.meddler = watching
    world.deliver()
    world.net.meddler = None
    [document] = handed
    told: Told = json.loads(document)
    return told


def _creation(world: World) -> Any:
    return next(one for one in log(world) if one.deed.value == "create")


def write(folder: Path = FOLDER) -> None:
    """Write every example into the folder, in place of those that are there."""
    with small_world() as world:
        for name, value in examples(world):
            file = folder / f"{name}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")


def shape(value: Told) -> str:
    """An example without what differs from day to day: instants, ids made by chance, digests."""
    return VOLATILE.sub("*", json.dumps(value, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    write()
