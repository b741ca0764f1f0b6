"""What comes with a search is of the match's own patient, whatever the match's references name.

Entries are planted whose every reference element names another patient's things, and visits that two patients have
under one name; each include is asked for from all sides. What is not offered as an include is refused (T3).
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, combinations
from typing import Any
from uuid import uuid4

from service.cli.demo_clinic import CLINIC
from service.journal.entries import EntryStatus, Link
from service.store import deeds, entries, infusions
from service.store.course_deeds import RememberEncounters
from tests.people import App, app_of, backend_app, patient, staff_app
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.web.fhir_answers import QR, issues
from tests.web.searching import written
from tests.workflow.contexts import as_patient
from tests.world import OTHER, World

DEFAULT_N = 4_000
CI_N = 120

Resource = dict[str, Any]
Pairs = list[tuple[str, str]]

_VISITS = {"patient-six-done": "six-done", "patient-eight-done": "eight-done"}
_OF = dict(zip(_VISITS, reversed(_VISITS), strict=True))
_OFFERED = {
    QR: (
        ("_include", f"{QR}:questionnaire"),
        ("_include", f"{QR}:encounter"),
        ("_include", f"{QR}:encounter:Encounter"),
        ("_revinclude", "Provenance:target"),
    ),
    "Task": (("_include", "Task:encounter"),),
    "DocumentReference": (("_include", "DocumentReference:encounter"),),
}
_WILD = (
    ("_include", "*"),
    ("_revinclude", "*"),
    ("_include", "{0}:*"),
    ("_include", "{0}:patient"),
    ("_include", "{0}:subject"),
    ("_include", "{0}:author"),
    ("_include", "{0}:source"),
    ("_include", "{0}:focus"),
    ("_include", "{0}:based-on"),
    ("_include", "{0}:subject:Patient"),
    ("_include:iterate", "{0}:encounter"),
    ("_include:recurse", "{0}:encounter"),
    ("_revinclude:iterate", "Provenance:target"),
    ("_revinclude", f"{QR}:encounter"),
    ("_revinclude", f"{QR}:subject"),
    ("_revinclude", "Task:encounter"),
    ("_revinclude", "AuditEvent:entity"),
    ("_revinclude", "DocumentReference:related"),
    ("_include", "Encounter:subject"),
)  # fmt: skip
_NONE = ("foreign_rows", "missed_rows", "wild_answered", "unplanted")


@dataclass
class Crossing:
    """One run: who asks, what each of them reaches, and what was counted."""

    world: World
    apps: dict[str, App]
    reached: dict[str, frozenset[str]]
    report: Callable[[str], None]
    counted: Counter[str] = field(default_factory=Counter)

    def ask(self, who: str, kind: str, pairs: Pairs) -> None:
        """One search with offered includes: of each match with each include, whose is what came with it."""
        answer = self.apps[who].get(f"{kind}?{written(pairs)}")
        self.counted["searches"] += 1
        if answer.status_code != 200:
            self._fault("missed_rows", who, kind, pairs, answer.status_code)
            return
        found = answer.json().get("entry", [])
        matches = [one["resource"] for one in found if one["search"]["mode"] == "match"]
        come = [one["resource"] for one in found if one["search"]["mode"] == "include"]
        self.counted["pairs"] += len(matches) * sum(name.endswith("include") for name, _ in pairs)
        self.counted["included"] += len(come)
        self._judge(who, kind, pairs, matches, come)

    def _judge(
        self, who: str, kind: str, pairs: Pairs, matches: list[Resource], come: list[Resource]
    ) -> None:
        visits = {(one["id"], _patient(one)) for one in come if one["resourceType"] == "Encounter"}
        wanted = (
            _visits_named(self.world, matches) if any("encounter" in text for _, text in pairs) else set()
        )
        targets = {one["target"][0]["reference"].split("/")[1] for one in come if "target" in one}
        here, reached = {one["id"] for one in matches}, self.reached[who]
        foreign: list[object] = [
            *(one for one in matches if _patient(one) not in reached),
            *(one for one in visits if one not in wanted or one[1] not in reached),
            *(targets - here),
        ]
        for one in foreign:
            self._fault("foreign_rows", who, kind, pairs, one)
        if wanted - visits:
            self._fault("missed_rows", who, kind, pairs, wanted - visits)

    def refuse(self, who: str, kind: str, pairs: Pairs) -> None:
        """One search with an include that is not offered."""
        answer = self.apps[who].get(f"{kind}?{written(pairs)}")
        self.counted["refused"] += 1
        if (answer.status_code, issues(answer)) != (400, ["not-supported"]):
            self._fault("wild_answered", who, kind, pairs, answer.status_code)

    def _fault(self, name: str, *more: object) -> None:
        self.counted[name] += 1
        if self.counted[name] <= 5:
            self.report(f"{name}: {more}")


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n searches with includes, which ones is chance, and every include that is not offered from every side."""
    chance = random.Random(seed)
    with small_world() as world:
        apps, reached = _askers(world)
        crossing = Crossing(world, apps, reached, report)
        planted = _planted(world)
        crossing.counted["unplanted"] = len(planted - _answered(apps["backend"]))
        questions = list(_questions(apps["backend"]))
        for number in range(n):
            kind, pairs = chance.choice(questions)
            crossing.ask(list(apps)[number % len(apps)], kind, pairs)
        wild = [(kind, [(name, said.format(kind))]) for kind in _OFFERED for name, said in _WILD]
        for who in apps:
            for kind, pairs in wild:
                crossing.refuse(who, kind, pairs)
    count = crossing.counted
    return Figures(
        planned=n,
        injected=count["searches"],
        counted={
            "planted": len(planted),
            **{name: count[name] for name in ("pairs", "included", "refused", *_NONE)},
        },
        bars={
            "pairs": at_least(n),
            "included": at_least(n // 2),
            "refused": at_least(len(apps) * len(wild)),
            **{name: exactly(0) for name in _NONE},
        },
    )


def _askers(world: World) -> tuple[dict[str, App], dict[str, frozenset[str]]]:
    def said(level: str) -> dict[str, Any]:
        return {"scope": f"{level}/*.rs", "exp": int(world.clock().timestamp()) + 36_000}

    both = frozenset(_VISITS)
    own = {name: app_of(world, name, **said("patient")) for name in _VISITS}
    apps = own | {
        "charted": staff_app(world, chart="patient-six-done", **said("user")),
        "staff": staff_app(world, **said("user")),
        "backend": backend_app(world, **said("system")),
    }
    reached = {name: frozenset({name}) for name in own} | {"charted": frozenset({"patient-six-done"})}
    return apps, reached | {"staff": both, "backend": both}


def _planted(world: World) -> set[str]:
    """Entries whose references cross from one patient to the other, each by one element; a visit that both have."""
    for name, visits in _VISITS.items():
        patient(world, name).write(f"{visits}-1", {"ai1.1": "words"})
    patient(world, clinic=OTHER).write("six-done-1", {"ai1.1": "words of a namesake"})
    world.deliver()
    made = [one for name in _VISITS for one in _crossing_entries(world, name)]
    kept = {name: infusions.encounters_of(world.desk.store, as_patient(name), name) for name in _VISITS}
    for name, other in _OF.items():
        same = replace(kept[name][0], id=kept[other][0].id)
        seen = RememberEncounters(name, (*kept[name], same), world.clock())
        world.desk.writer.perform(deeds.Deed(CLINIC, changes=(seen,)))
    return set(made)


def _crossing_entries(world: World, name: str) -> Iterator[str]:
    other = _OF[name]
    theirs = f"{_VISITS[other]}-2"
    [own] = entries.newest_first(world.desk.store, as_patient(name))
    said: Resource = json.loads(own.shared)
    foreign = {"reference": f"Patient/{other}"}
    crossings: dict[str, Any] = {
        "author": foreign,
        "source": foreign,
        "encounter": {"reference": f"Encounter/{theirs}"},
        "basedOn": [{"reference": f"CarePlan/{other}"}],
        "partOf": [{"reference": f"Procedure/{other}"}],
        "extension": [{"url": "http://x.example/about", "valueReference": foreign}],
    }
    for element, value in crossings.items():
        entry_id = str(uuid4())
        planted = replace(
            own,
            id=entry_id,
            key=str(uuid4()),
            status=EntryStatus.COMPLETED,
            link=Link(encounter_id=theirs) if element == "encounter" else Link(),
            shared=json.dumps(
                {k: v for k, v in said.items() if k != "encounter"} | {element: value}
            ).encode(),
        )
        world.desk.writer.perform(deeds.Deed(CLINIC, changes=(deeds.SaveEntryVersion(planted),)))
        yield entry_id


def _answered(app: App) -> set[str]:
    return {one["resource"]["id"] for one in app.get(f"{QR}?_count=200").json()["entry"]}


def _questions(app: App) -> Iterator[tuple[str, Pairs]]:
    """Every set of offered includes, with every way to narrow what is matched."""
    for kind, offered in _OFFERED.items():
        found = app.get(f"{kind}?_count=200").json()["entry"]
        each = [[("_id", one["resource"]["id"])] for one in found]
        sets = chain.from_iterable(combinations(offered, size) for size in range(1, len(offered) + 1))
        for includes in sets:
            for narrowed in ([], [("_count", "200")], [("_count", "1")], *each):
                yield kind, [*narrowed, *includes]


def _visits_named(world: World, matches: list[Resource]) -> set[tuple[str, str]]:
    """The visits that these name and their own patient has."""
    named = {
        (one["encounter"]["reference"].split("/")[1], _patient(one)) for one in matches if "encounter" in one
    }
    for one in matches:
        for place in one.get("context", {}).get("encounter", ()):
            named.add((place["reference"].split("/")[1], _patient(one)))
    return {
        (visit, name)
        for visit, name in named
        if visit in {one.id for one in infusions.encounters_of(world.desk.store, as_patient(name), name)}
    }


def _patient(resource: Resource) -> str:
    said: str = (resource.get("subject") or resource["for"])["reference"]
    return said.removeprefix("Patient/")
