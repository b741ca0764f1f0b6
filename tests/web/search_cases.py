"""Searches drawn by chance over own and foreign data, and who may ask them (T2, T3).

A case is a value: who asks, the parameters, their order and the size of a page. What it must find is told by
searching.py from what each person's own unlimited search showed before.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import uuid4

from service.cli.demo_clinic import CLINIC
from tests.factories import keyed, response
from tests.people import App, app_of, backend_app, patient, staff_app
from tests.web.fhir_answers import QR
from tests.web.searching import PREFIXES, RESPONSES, TASKS, Asked, Kind, Value, walked
from tests.world import OTHER, World

PEOPLE = {"patient-six-done": "six-done", "patient-eight-done": "eight-done"}
KINDS = {QR: RESPONSES, "Task": TASKS}
PATIENTS = ("patient", "subject", "author", "source", "owner")
UNKNOWN = (
    "_has:Task:patient:status",
    "patient.name",
    "status:above",
    "_text",
    "_filter",
    "colour",
    "encounter:not",
    "patient:identifier",
    "subject:missing.x",
    "_sort:asc",
    "Patient",
    "_include:iterate",
)
SORTED = {
    QR: ("_lastUpdated", "authored", "status"),
    "Task": ("_lastUpdated", "modified", "authored-on", "status"),
}
HANDLING: tuple[dict[str, str], ...] = (
    {},
    {"Prefer": "handling=strict"},
    {"Prefer": "handling=lenient"},
)
_DATES = (
    "2026",
    "2025-12",
    "2026-11",
    "2026-11-20",
    "2026-11-21",
    "2026-11-20T20:0{}Z",
    "2026-11-20T12:0{}-08:00",
    "2026-11-20T20:0{}:30Z",
    "2026-11-21T01:0{}:00+05:00",
)
_SIZES = (1, 2, 3, 200)
_REACH = {
    **{name: frozenset({name}) for name in PEOPLE},
    "charted": frozenset({"patient-six-done"}),
}  # of all others it is every patient of the clinic
_OF_EACH = [5, 5, 6, 3, 6]  # responses that each of them reaches


@dataclass(frozen=True)
class Seen:
    """Who may ask, and all that each of them has within reach, by resource type."""

    world: World
    apps: dict[str, App]
    within: dict[str, dict[str, list[Value]]]

    def is_outside(self, who: str, one: Value) -> bool:
        """Whether this resource is of a patient whom they may not reach, whatever the service said before."""
        whose = (one.get("subject") or one["for"])["reference"].removeprefix("Patient/")
        return whose not in _REACH.get(who, frozenset(PEOPLE))

    def everything(self, kind: str) -> list[Value]:
        """Every resource of this type there is, whoever reaches it."""
        return [*{one["id"]: one for reach in self.within.values() for one in reach[kind]}.values()]


@dataclass(frozen=True, slots=True)
class Pool:
    """One way to ask: a parameter with its modifier, and the values it may be given; up to `most` at once."""

    name: str
    modifier: str
    values: tuple[str, ...]
    most: int = 3

    def drawn(self, chance: random.Random) -> Asked:
        """This parameter with some of its values."""
        size = chance.randint(1, self.most)
        return Asked(self.name, self.modifier, tuple(chance.choice(self.values) for _ in range(size)))


@dataclass(frozen=True, slots=True)
class Case:
    """One search: `unknown` is a parameter that is not offered, which refuses it in any handling."""

    who: str
    asked: tuple[Asked, ...]
    order: tuple[str, ...]
    size: int
    unknown: str | None
    prefer: dict[str, str]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters as they are written."""
        order = [("_sort", ",".join(self.order))] if self.order else []
        return [*(one.pair for one in self.asked), *order, ("_count", str(self.size))]

    @property
    def names_a_stranger(self) -> bool:
        """Whether somebody with one patient asks for another by name (fhir-rest D-01)."""
        own = {"charted": "patient-six-done"}.get(self.who, self.who)
        if own not in PEOPLE:
            return False
        asked = [one for one in self.asked if one.name in PATIENTS and one.modifier != "missing"]
        return not {value.rpartition("/")[2] for one in asked for value in one.values} <= {own}


def searched_world(world: World) -> Seen:
    """Two patients with sent responses, unattached ones and drafts; a namesake of one of them at another clinic."""
    for name, visits in PEOPLE.items():
        ada = patient(world, name)
        for ordinal in (1, 2):
            ada.write(f"{visits}-{ordinal}", {f"ai{ordinal}.1": "words"})
            world.clock.pass_time(minutes=1)
        ada.begin(f"{visits}-3")
        stopped = ada.begin(f"{visits}-4")
        ada.post(f"entry/{stopped}/stop", revision="1")
        world.clock.pass_time(minutes=1)
        send(world, name)
    send(world, "patient-six-done", OTHER)
    apps = _apps(world)
    within = {
        who: {kind: walked(app, world.base, f"{kind}?_count=200") for kind in KINDS}
        for who, app in apps.items()
    }
    assert [len(within[who][QR]) for who in apps] == _OF_EACH
    return Seen(world, apps, within)


def _apps(world: World) -> dict[str, App]:
    scope = "{0}/QuestionnaireResponse.rs {0}/Task.rs {0}/Encounter.rs"
    late = int(world.clock().timestamp()) + 36_000
    own = {
        name: app_of(world, name, scope=scope.format("patient"), exp=late, iat=late - 36_000)
        for name in PEOPLE
    }
    staff: dict[str, Any] = {"scope": scope.format("user"), "exp": late}
    return own | {
        "staff": staff_app(world, **staff),
        "charted": staff_app(world, chart="patient-six-done", **staff),
        "backend": backend_app(world, scope=scope.format("system"), exp=late),
    }


def send(world: World, name: str, clinic: str = CLINIC) -> None:
    """A response without an infusion."""
    sent = response(world, 5, name, None, identifier=keyed(str(uuid4())))
    answer = app_of(world, name, clinic, scope="patient/QuestionnaireResponse.crs").post(QR, sent)
    assert answer.status_code == 201, answer.text


def drawn(seen: Seen, kind: str, chance: random.Random) -> Iterator[Case]:
    """Searches without end, any mix of parameters, orders and page sizes."""
    pools = list(_pools(KINDS[kind], seen.world.base, seen.everything(kind)))
    while True:
        names = chance.sample(SORTED[kind], chance.choice((0, 1, 1, 2)))
        yield Case(
            who=chance.choice(list(seen.apps)),
            asked=tuple(chance.choice(pools).drawn(chance) for _ in range(chance.randint(0, 3))),
            order=tuple(chance.choice(("", "-")) + name for name in names),
            size=chance.choice(_SIZES),
            unknown=chance.choice(UNKNOWN) if chance.random() < 0.1 else None,
            prefer=chance.choice(HANDLING),
        )


def _pools(kind: Kind, base: str, everything: list[Value]) -> Iterator[Pool]:
    """How each parameter may be asked, with values of own and foreign resources."""
    dates = [date.format(minute) for date in _DATES for minute in range(4)]
    for name in kind.dates:
        yield Pool(name, "", tuple(f"{prefix}{date}" for prefix in PREFIXES for date in dates))
    for name in kind.references:
        yield Pool(name, "", tuple(_references(kind, name, base, everything)))
    for name, (_, system) in kind.tokens.items():
        codes = sorted({str(kind.key(one, name)) for one in everything})
        forms = (*codes, *(f"{system}|{code}" for code in codes), "urn:other|x")
        forms += (f"{system}|",) if system else ()
        yield from (Pool(name, modifier, forms) for modifier in ("", "not"))
    for name in (*kind.dates, *kind.references, *kind.tokens):
        yield Pool(name, "missing", ("true", "false"), most=1)
    if kind is RESPONSES:
        said = sorted({one["questionnaire"] for one in everything})
        forms = (*said, *(one.split("|")[0] for one in said), f"{said[0]}9", said[0][:-8])
        yield Pool("questionnaire", "", forms)


def _references(kind: Kind, name: str, base: str, everything: list[Value]) -> list[str]:
    named = sorted({str(kind.key(one, name)) for one in everything} - {"None"})
    forms = [form for one in named for form in (one, one.split("/")[1], f"{base}/{one}")]
    beside = ["Patient/patient-six-done", "nothing", f"https://x.example/r4/{forms[0]}"]
    return forms if name in PATIENTS else forms + beside


def is_sorted(kind: Kind, found: list[Value], order: tuple[str, ...]) -> bool:
    """Whether each two neighbours stand in this order."""
    for here, there in pairwise(found):
        for name in order:
            mine, theirs = (kind.key(one, name.removeprefix("-")) for one in (here, there))
            if mine != theirs:
                if (mine > theirs) != name.startswith("-"):
                    return False
                break
            if name.removeprefix("-") in kind.dates:
                break  # within one second their order cannot be told from what is shown
    return True
