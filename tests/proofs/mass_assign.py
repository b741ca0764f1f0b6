"""No field that is the service's own is taken from anybody: every column of every table, every element of a resource.

Each is put into creates, updates, batches, autosaves, forms, addresses and the token request, and then looked for in
the whole database. JSON with a member too many is refused, and no word in a form or header changes a method (T10).
"""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from fhir.resources.R4B.task import Task

from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.mass_ways import ADA, Bed, bed_of, ways
from tests.proofs.matrix_world import matrix_world
from tests.proofs.server_owned import PASSED_OVER, REFUSED, Planted, columns, elements, is_planted
from tests.web.changing import answered
from tests.web.fhir_answers import QR
from tests.web.systems import System
from tests.world import World

DEFAULT_N = 500  # of each way in; there are at most as many as fields
CI_N = 4

_OWN_OF_FORMS = frozenset(
    {"key", "encounter", "kind", "patient", "why", "revision", "csrf", "client_id", "scope"}
)
_METHODS = ("GET", "PUT", "PATCH", "DELETE")
_SAYING = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_NONE = ("accepted_server_fields", "unknown_members_taken", "good_refused", "methods_overridden", "broken")


@dataclass
class Tally:
    """What was put in, and what came of it."""

    bed: Bed
    report: Callable[[str], None]
    counted: Counter[str] = field(default_factory=Counter)
    fields: set[tuple[str, str]] = field(default_factory=set)

    def ask(self, way: str, names: list[str], answer: httpx2.Response) -> None:
        """One answer to a request that had these fields planted in it."""
        self.fields |= {(way, name) for name in names}
        self.counted["requests"] += 1
        if answer.status_code >= 500:
            self.fault("broken", way, names, answer.status_code)
        for table in planted_in(self.bed.world):
            self.fault("accepted_server_fields", way, names, table)

    def fault(self, name: str, *more: object) -> None:
        """One more of this kind; the first few are told."""
        self.counted[name] += 1
        if self.counted[name] <= 5:
            self.report(f"{name}: {more}")


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Through each way n fields, or all where there are no more; which ones is chance."""
    chance = random.Random(seed)
    with matrix_world() as world:
        tally = Tally(bed_of(world), report)
        _json(tally, n, chance)
        _elements(tally, n, chance)
        _forms(tally)
        _methods(tally)
    count = tally.counted
    return Figures(
        planned=len(tally.fields),
        injected=len(tally.fields),
        counted={
            "fields": len(tally.fields),
            "columns": len(columns()),
            "ways": len({way for way, _ in tally.fields}),
            "requests": count["requests"],
            "methods": count["methods"],
            **{name: count[name] for name in _NONE},
        },
        bars={
            "columns": at_least(90),
            "ways": at_least(24),
            "methods": at_least(40),
            "fields": at_least(len(columns()) * 8),
            **{name: exactly(0) for name in _NONE},
        },
    )


def planted_in(world: World) -> list[str]:
    """The tables in which something stands that was planted."""
    with closing(sqlite3.connect(world.folder / "journal.sqlite")) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return [one for one in names if any(map(is_planted, connection.execute(f'SELECT * FROM "{one}"')))]


# --- JSON --------------------------------------------------------------------------------------------------------


def _json(tally: Tally, n: int, chance: random.Random) -> None:
    """Every column as a member of every body; what has such a member is not taken at all."""
    every = [one for one in columns() if one.name not in QuestionnaireResponse.model_fields]
    for way, ask in ways(tally.bed).items():
        if ask({}).status_code >= 300:
            tally.fault("good_refused", way)
        taken = every if n >= len(every) else chance.sample(every, n)
        for one in [*taken, *(each for each in every if each.name == "patient_id")]:
            answer = ask({one.name: one.value})
            tally.ask(f"JSON: {way}", [one.name], answer)
            # The same words are taken from whatever revision they come: they are kept already.
            if _is_taken(answer) and (way, one.name) != ("autosave", "revision"):
                tally.fault("unknown_members_taken", way, one.name, answer.status_code, answer.text[:200])


def _is_taken(answer: httpx2.Response) -> bool:
    """Whether it was done; $validate says so in its outcome, a batch in its entry."""
    if answer.status_code >= 300:
        return False
    said = answer.json()
    if said.get("resourceType") == "OperationOutcome":
        return not any(one["severity"] in ("error", "fatal") for one in said["issue"])
    if said.get("resourceType") == "Bundle":
        return bool(said["entry"][0]["response"]["status"].startswith("2"))
    return True


# --- elements of FHIR ----------------------------------------------------------------------------------------------


def _elements(tally: Tally, n: int, chance: random.Random) -> None:
    """What is the server's is passed over or refused; the Task stays as it is but for its being declined."""
    bed = tally.bed
    for name, more in PASSED_OVER.items():
        answer = bed.app.post(QR, bed.fresh() | more)
        tally.ask("element of a create", [name], answer)
        if (
            answer.status_code != 201
            or is_planted([answer.text])
            or answer.json()["meta"]["versionId"] != "1"
        ):
            tally.fault("accepted_server_fields", "create", name, answer.status_code)
    for name, more in REFUSED.items():
        amended = answered(bed.now("entry"), str(uuid4())) | {"status": "amended"}
        answers: dict[str, httpx2.Response | None] = {
            "create": bed.app.post(QR, bed.fresh() | more),
            "draft": bed.app.post(QR, bed.fresh("in-progress") | more),
            "update": bed.put(amended, more) if name != "status amended" else None,
        }
        for way, told in answers.items():
            if told is not None:
                tally.ask(f"element of a {way}", [name], told)
                # When a draft was written is when it was saved here, whatever it says.
                over = way == "draft" and "authored" in name and not is_planted([told.text])
                if told.status_code not in (400, 422) and not over:
                    tally.fault("accepted_server_fields", way, name, told.status_code)
    _named_elements(tally, n, chance)


def _named_elements(tally: Tally, n: int, chance: random.Random) -> None:
    bed, before = tally.bed, tally.bed.now("Task")
    # In which language it is written is the client's own to say.
    every = tuple(one for one in elements(of=QuestionnaireResponse) if one.name != "language")
    for one in _some(every, n, chance):
        tally.ask(
            "any element of a create", [one.name], bed.app.post(QR, bed.fresh() | {one.name: one.value})
        )
    for one in _some(elements(of=Task), n, chance):
        answer = bed.put(bed.now("Task") | {"status": "rejected"}, {one.name: one.value})
        tally.ask("element of a Task", [one.name], answer)
        after = bed.now("Task")
        taken = answer.status_code < 300
        own = {"status", "statusReason", "meta", "lastModified"}
        if taken or any(after.get(name) != before.get(name) for name in {*before, *after} - own):
            tally.fault("accepted_server_fields", "Task", one.name, answer.status_code)


def _some(every: tuple[Planted, ...], n: int, chance: random.Random) -> list[Planted]:
    return list(every) if n >= len(every) else chance.sample(every, n)


# --- forms and methods ---------------------------------------------------------------------------------------------


def _forms(tally: Tally) -> None:
    """Every column as a field of every form, and in its address: the form does what it does without them."""
    bed = tally.bed
    more: dict[str, Any] = {one.name: str(one.value) for one in columns() if one.name not in _OWN_OF_FORMS}
    stopped = bed.begun()
    ordered = {
        "begin": ("begin", {"key": str(uuid4()), "encounter": "six-done-4"}),
        "save": (f"entry/{bed.draft}/prompt/1", {"revision": "2", "text": "words", "go": "save"}),
        "save all": (f"entry/{bed.draft}/all", {"revision": "3", "go": "all", "text-ai3.1": "other words"}),
        "send": (f"entry/{bed.draft}/send", {"revision": "4"}),
        "stop": (f"entry/{stopped}/stop", {}),
        "refresh": ("refresh", {}),
    }
    for way, (path, own) in ordered.items():
        answer = bed.ada.post(f"{path}?{urlencode(more)}", **(more | own))
        tally.ask(f"form: {way}", list(more), answer)
        if answer.status_code not in (200, 303):
            tally.fault("good_refused", way, answer.status_code)
    said = {"patient": ADA, "kind": "series-begins", "why": "other", "encounter": "six-done-1"}
    tally.ask("form: say", list(more), bed.doctor.post("say", **(more | said)))
    moved = {"patient": ADA, "entry": bed.kept["entry"]["id"], "target": "no infusion", "why": "other"}
    tally.ask("form: move", list(more), bed.doctor.post("move", **(more | moved)))
    given = System(bed.world).ask_token(**more)
    tally.ask("form: token", list(more), given)
    if given.status_code != 200:
        tally.fault("good_refused", "token", given.status_code)


def _methods(tally: Tally) -> None:
    """A method is the one of the request, whatever a form, an address or a header says."""
    bed = tally.bed
    place = f"{QR}/{bed.kept['entry']['id']}"
    plain = bed.app.get(place)
    for method in _METHODS:
        for name in _SAYING:
            _same(tally, plain, bed.app.get(place, **{name: method}))
            _same(tally, None, bed.app.ask("POST", place, headers={name: method}))
            _same(tally, None, bed.ada.post(f"entry/{bed.draft}/draft", headers={name: method}))
        _same(tally, None, bed.ada.post(f"entry/{bed.draft}/draft", _method=method))
        _same(tally, None, bed.app.ask("POST", f"{place}?_method={method}"))


def _same(tally: Tally, plain: httpx2.Response | None, answer: httpx2.Response) -> None:
    """As the plain request is answered, or as a method that is not there."""
    tally.counted["methods"] += 1
    told = answer.content == plain.content if plain else answer.status_code == 405
    if not told:
        tally.fault("methods_overridden", answer.request.method, str(answer.request.url), answer.status_code)
