"""The ways by which somebody could put a field of the service's own into what they send, each good without it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2

from tests.factories import keyed, response
from tests.people import FHIR_JSON, App, Clinician, Patient, app_of, clinician, patient
from tests.proofs.matrix_behind import set_offered
from tests.web.changing import answered, made
from tests.web.fhir_answers import QR
from tests.world import World

Body = dict[str, Any]
Way = Callable[[dict[str, Any]], httpx2.Response]

ADA = "patient-six-done"


@dataclass
class Bed:
    """What somebody has a hand in: an app, its pages, a clinician's, and a system's; what is kept of it now."""

    world: World
    app: App
    ada: Patient
    doctor: Clinician
    kept: dict[str, Body]
    draft: str

    def now(self, what: str) -> Body:
        """A kept resource as it reads now."""
        one = self.kept[what]
        found: Body = self.app.get(f"{one['resourceType']}/{one['id']}").json()
        return found

    def put(self, body: Body, more: dict[str, Any], query: str = "") -> httpx2.Response:
        """A change to what is kept, with more in it."""
        place, tag = f"{body['resourceType']}/{body['id']}", f'W/"{body["meta"]["versionId"]}"'
        raw = json.dumps(body | more).encode()
        return self.app.ask("PUT", place + query, content=raw, headers=FHIR_JSON | {"If-Match": tag})

    def batch(self, bundle: dict[str, Any], entry: dict[str, Any]) -> httpx2.Response:
        """A batch with one create in it, and more beside it or in its entry."""
        one = {"request": {"method": "POST", "url": QR}, "resource": self.fresh()} | entry
        return self.app.post("", {"resourceType": "Bundle", "type": "batch", "entry": [one]} | bundle)

    def fresh(self, status: str = "completed") -> Body:
        """A good response that was not sent before."""
        key = str(uuid4())
        return response(self.world, 5, ADA, None, {"ai5.1": key}, identifier=keyed(key), status=status)

    def autosaved(self, body: dict[str, Any], answer: dict[str, Any]) -> httpx2.Response:
        """The page saves, with more in what it says."""
        said = {"linkId": "ai3.1", "text": "x", "private": False} | answer
        return self.ada.put(f"entry/{self.draft}/draft", {"revision": 1, "answers": [said]} | body)

    def begun(self) -> str:
        """Another draft of the page's own, with a word in it."""
        key = str(uuid4())
        assert self.ada.post("begin-now", key=key, set=set_offered(self.ada)).status_code == 303
        return key


def bed_of(world: World) -> Bed:
    """A patient's app and pages, a clinician at the chart, and what was written."""
    ada = patient(world)
    draft = ada.begin("six-done-3")
    late = int(world.clock().timestamp()) + 36_000
    app = app_of(world, ADA, scope="patient/*.cruds", exp=late)
    entry, _ = made(world, app, "completed", encounter="six-done-1", identifier=keyed(str(uuid4())))
    kept, _ = made(world, app, "in-progress", ordinal=2, words={"ai2.1": "x"}, encounter="six-done-2")
    tasks = [one["resource"] for one in app.get("Task").json()["entry"]]
    [task] = [one for one in tasks if one["encounter"]["reference"] == "Encounter/six-done-5"]
    return Bed(world, app, ada, clinician(world), {"entry": entry, "draft": kept, "Task": task}, draft)


def ways(bed: Bed) -> dict[str, Way]:
    """Each body that a member can be put into; with none it is taken."""

    def words() -> str:
        return str(uuid4())

    return {
        "create": lambda more: bed.app.post(QR, bed.fresh() | more),
        "create a draft": lambda more: bed.app.post(QR, bed.fresh("in-progress") | more),
        "in an item": lambda more: bed.app.post(QR, _in_the_item(bed.fresh(), more)),
        "in meta": lambda more: bed.app.post(QR, bed.fresh() | ({"meta": more} if more else {})),
        "update a draft": lambda more: bed.put(answered(bed.now("draft"), words(), "ai2.1"), more),
        "amend": lambda more: bed.put(answered(bed.now("entry"), words()) | {"status": "amended"}, more),
        "decline": lambda more: bed.put(
            bed.now("Task") | {"status": "rejected", "statusReason": {"text": "not today"}}, more
        ),
        "batch": lambda more: bed.batch(more, {}),
        "entry of a batch": lambda more: bed.batch({}, more),
        "validate": lambda more: bed.app.post(f"{QR}/$validate", bed.fresh() | more),
        "populate": lambda more: bed.app.post("Questionnaire/$populate", _to_populate(bed) | more),
        "autosave": lambda more: bed.autosaved(more, {}),
        "autosaved answer": lambda more: bed.autosaved({}, more),
        "address of a create": lambda more: bed.app.post(f"{QR}?{urlencode(more)}", bed.fresh()),
        "address of an update": lambda more: bed.put(
            answered(bed.now("entry"), words()) | {"status": "amended"}, {}, f"?{urlencode(more)}"
        ),
    }


def _in_the_item(body: Body, more: dict[str, Any]) -> Body:
    [first, *others] = body["item"]
    return body | {"item": [first | more, *others]}


def _to_populate(bed: Bed) -> Body:
    prompt_set = bed.world.desk.library.for_ordinal(1)
    assert prompt_set is not None
    named = {"name": "questionnaire", "valueCanonical": prompt_set.canonical}
    subject = {"name": "subject", "valueReference": {"reference": f"Patient/{ADA}"}}
    return {"resourceType": "Parameters", "parameter": [named, subject]}
