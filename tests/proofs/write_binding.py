"""Whatever references a client writes into what it sends, it writes to its own patient, or nothing at all.

Creates, updates of a draft and of what was sent, Tasks that are declined, alone and in a batch: each reference element
in every form of written_references.py, alone and with others. What disagrees is refused, never put right (T5).
"""

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import uuid4

import httpx2

from service.cli.demo_clinic import CLINIC
from tests.factories import keyed, response
from tests.people import FHIR_JSON, App, app_of, patient
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.proofs.written_references import Form, Named, forms
from tests.web.changing import answered, made
from tests.web.fhir_answers import QR
from tests.world import OTHER, World

DEFAULT_N = 4_000
CI_N = 250

Resource = dict[str, Any]

ADA, BEN = "patient-six-done", "patient-eight-done"
_PERSON = Named("Patient", ADA, BEN, "patient-nobody")
_ELEMENTS = {
    QR: {
        "subject": _PERSON,
        "author": _PERSON,
        "source": _PERSON,
        "encounter": Named("Encounter", "six-done-1", "eight-done-1", "no-visit-1"),
    },
    "Task": {
        "for": _PERSON,
        "owner": _PERSON,
        "requester": _PERSON,
        "focus": Named("QuestionnaireResponse", "x", "y", "z"),
        "encounter": Named("Encounter", "six-done-5", "eight-done-5", "no-visit-1"),
    },
}
_CHANNELS = (
    "create",
    "create a draft",
    "update a draft",
    "amend",
    "decline",
    "create in a batch",
    "amend in a batch",
)
_NONE = ("foreign_written", "disagreeing_taken", "own_refused", "bound_elsewhere", "broken")
_UNBOUND = ("audit", "checkpoints")


@dataclass
class Desk:
    """One patient's app at work, and what of everybody else's must stay as it is."""

    world: World
    app: App
    report: Callable[[str], None]
    counted: Counter[str] = field(default_factory=Counter)
    kept: dict[str, Resource] = field(default_factory=dict)

    def judge(self, channel: str, changes: dict[str, Form]) -> None:
        """One body through one channel."""
        answer = self._send(channel, changes)
        self.counted["cases"] += 1
        if answer.status_code >= 500:
            self._fault("broken", channel, changes, answer)
        disagrees = any(form.binds is False for form in changes.values())
        if answer.status_code < 300:
            self.counted["taken"] += 1
            if disagrees:
                self._fault("disagreeing_taken", channel, changes, answer)
            if not _is_own(answer.json()):
                self._fault("bound_elsewhere", channel, changes, answer)
        elif not disagrees and all(form.binds for form in changes.values()):
            self._fault("own_refused", channel, changes, answer)

    def _send(self, channel: str, changes: dict[str, Form]) -> httpx2.Response:
        body = {**self._body(channel), **{name: form.value for name, form in changes.items()}}
        body = {name: value for name, value in body.items() if value is not ...}
        if channel == "decline":
            return self._put("Task", body)
        if "create" in channel:
            return self._entry("POST", QR, body) if "batch" in channel else self.app.post(QR, body)
        return self._put(QR, body, batch="batch" in channel)

    def _body(self, channel: str) -> Resource:
        """A good body, with words that were not there before."""
        words = str(uuid4())
        if "create" in channel:
            status = "in-progress" if "draft" in channel else "completed"
            return response(
                self.world, 5, ADA, None, {"ai5.1": words}, identifier=keyed(words), status=status
            )
        if channel == "decline":
            return self._now("Task") | {"status": "rejected", "statusReason": {"text": "not today"}}
        if "draft" in channel:
            return answered(self._now("draft"), words, "ai2.1")
        return answered(self._now("entry"), words) | {"status": "amended"}

    def _now(self, what: str) -> Resource:
        kept = self.kept[what]
        found: Resource = self.app.get(f"{kept['resourceType']}/{kept['id']}").json()
        return found

    def _put(self, kind: str, body: Resource, *, batch: bool = False) -> httpx2.Response:
        tag = f'W/"{body["meta"]["versionId"]}"'
        place = f"{kind}/{body['id']}"
        if batch:
            return self._entry("PUT", place, body, ifMatch=tag)
        raw = json.dumps(body).encode()
        return self.app.ask("PUT", place, content=raw, headers=FHIR_JSON | {"If-Match": tag})

    def _entry(self, method: str, place: str, body: Resource, **more: str) -> httpx2.Response:
        """The answer to the one entry of a batch, as it would be alone."""
        entry = {"request": {"method": method, "url": place, **more}, "resource": body}
        answer = self.app.post("", {"resourceType": "Bundle", "type": "batch", "entry": [entry]})
        if answer.status_code != 200:
            return answer
        [told] = answer.json()["entry"]
        status = int(told["response"]["status"][:3])
        return httpx2.Response(status, json=told.get("resource") or told["response"].get("outcome"))

    def _fault(self, name: str, channel: str, changes: dict[str, Form], answer: httpx2.Response) -> None:
        self.counted[name] += 1
        if self.counted[name] <= 5:
            said = {element: form.value for element, form in changes.items()}
            self.report(f"{name}: {channel} {said} was answered {answer.status_code}: {answer.text[:300]}")


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n bodies: every element in every form through every channel, or as many of them by chance, then two at once."""
    chance = random.Random(seed)
    with small_world() as world:
        desk = _desk(world, report)
        before = foreign_rows(world)
        single = _single(world.base)
        for channel, changes in islice(_cases(single, chance), n):
            desk.judge(channel, changes)
            if desk.counted["cases"] % 1000 == 0:
                report(f"{desk.counted['cases']} of {n} bodies")
        after = foreign_rows(world)
    desk.counted["foreign_written"] = sum(before[name] != after[name] for name in before)
    count = desk.counted
    return Figures(
        planned=n,
        injected=count["cases"],
        counted={
            "cases": count["cases"],
            "single_forms": len(single),
            "taken": count["taken"],
            "tables": len(before),
            **{name: count[name] for name in _NONE},
        },
        bars={
            "cases": at_least(n),
            "taken": at_least(n // 50),
            "tables": at_least(8),
            **{name: exactly(0) for name in _NONE},
        },
    )


def _desk(world: World, report: Callable[[str], None]) -> Desk:
    """Ada wrote, began and was assigned; so did Ben, and a namesake at the other clinic, and none of it is hers."""
    for name, visits in {ADA: "six-done", BEN: "eight-done"}.items():
        person = patient(world, name)
        person.write(f"{visits}-3", {"ai3.1": "words"})
        person.begin(f"{visits}-4")
    patient(world, ADA, OTHER).write("six-done-1", {"ai1.1": "words of a namesake"})
    late = int(world.clock().timestamp()) + 36_000
    app = app_of(world, ADA, scope="patient/*.cruds", exp=late)
    entry, _ = made(world, app, "completed", encounter="six-done-1", identifier=keyed(str(uuid4())))
    words = {"ai2.1": "begun"}
    draft, _ = made(
        world,
        app,
        "in-progress",
        ordinal=2,
        words=words,
        encounter="six-done-2",
        identifier=keyed(str(uuid4())),
    )
    tasks = [one["resource"] for one in app.get("Task").json()["entry"]]
    [task] = [one for one in tasks if one["encounter"]["reference"] == "Encounter/six-done-5"]
    return Desk(world, app, report, kept={"entry": entry, "draft": draft, "Task": task})


def _single(base: str) -> list[tuple[str, str, Form]]:
    return [
        (channel, element, form)
        for channel in _CHANNELS
        for element, named in _named(channel).items()
        for form in forms(named, base)
        if _fits(channel, element, form)
    ]


def _named(channel: str) -> dict[str, Named]:
    """What each element of what goes through this channel may name."""
    elements = _ELEMENTS["Task" if channel == "decline" else QR]
    if "draft" in channel and "update" in channel:
        return elements | {"encounter": Named("Encounter", "six-done-2", "eight-done-2", "no-visit-1")}
    return elements


def _fits(channel: str, element: str, form: Form) -> bool:
    """Whether the oracle knows it: an infusion that is taken already is refused for that, and Task.focus is ours."""
    if "create" in channel and element == "encounter":
        return form.binds is False
    if channel == "decline" and form.binds is not False:
        return element in ("for", "owner", "encounter") and form.binds is True
    return not (element == "subject" and form.value is ...)


def _cases(
    single: list[tuple[str, str, Form]], chance: random.Random
) -> Iterator[tuple[str, dict[str, Form]]]:
    for channel, element, form in chance.sample(single, len(single)):
        yield channel, {element: form}
    while True:
        channel, element, form = chance.choice(single)
        beside = [one for one in single if one[0] == channel and one[1] != element]
        _, other, second = chance.choice(beside)
        yield channel, {element: form, other: second}


def _is_own(resource: Resource) -> bool:
    """Whether all that binds what was answered is the patient's own."""
    own = {"subject": ADA, "author": ADA, "source": ADA, "for": ADA, "owner": ADA}
    people = all(
        resource[name]["reference"].removesuffix(f"Patient/{who}")
        in ("", f"http://127.0.0.1:8080/{CLINIC}/fhir/")
        for name, who in own.items()
        if name in resource
    )
    visit = resource.get("encounter", {}).get("reference", "Encounter/six-done-")
    return people and visit.rpartition("/")[2].startswith("six-done-")


def foreign_rows(world: World) -> dict[str, list[Any]]:
    """All rows of every table that has a patient, but for those of this patient at this clinic."""
    with closing(sqlite3.connect(world.folder / "journal.sqlite")) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        found = {}
        for name in tables:
            columns = {row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')}
            if "patient_id" in columns and not name.startswith(_UNBOUND):
                others = f'SELECT * FROM "{name}" WHERE NOT (clinic = ? AND patient_id = ?)'
                found[name] = connection.execute(others, (CLINIC, ADA)).fetchall()
    return found
