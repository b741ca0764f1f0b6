"""Two clinics with the same patients, visits, names and identifiers: nothing of the one is told or done at the other.

Tokens of each clinic knock at every FHIR route of the other one, and at their own with the other's ids; visits of
each open pages with the other's ids. Every statement that the database is asked meanwhile names the clinic (T7).
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy import event

from service.cli.demo_clinic import CLINIC
from service.store.tables import metadata
from tests.people import App, Visitor, app_of, clinician, officer, patient, signed_token
from tests.proofs.authz_matrix import contents, tables
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.proofs.token_routes import WORDS, Route, ask, routes
from tests.world import HOMES, OTHER, World

DEFAULT_N = 1_000  # routes for each token, place and clinic; there are at most as many as routes
CI_N = 6

_OTHER = {CLINIC: OTHER, OTHER: CLINIC}
_NONE = (
    "crossings",
    "taken_at_the_wrong_door",
    "written",
    "unfiltered_statements",
    "own_refused",
    "same_ids",
)
# By a secret's digest, which is the key itself, or over all clinics by design: what is over, which logs there are.
_BY_SECRET = re.compile(r"(visits\.handle|launches\.state_digest|expires_at) ")


@dataclass(frozen=True)
class Home:
    """One clinic: the tokens of people there, its routes filled with its own ids, and what tells of it."""

    clinic: str
    tokens: dict[str, str]
    routes: list[Route]
    marks: frozenset[str]
    visitors: dict[str, Visitor]
    pages: dict[str, list[str]]


@dataclass
class Tally:
    """What came of it."""

    report: Callable[[str], None]
    counted: Counter[str] = field(default_factory=Counter)

    def saw(self, statement: str) -> None:
        """A statement that the database was asked to run; it names a clinic where any of its tables does."""
        words = set(re.findall(r"\w+", statement))
        if not words & _TABLES or statement.startswith(("PRAGMA", "INSERT")):
            return
        self.counted["statements"] += 1
        condition = statement.partition("WHERE")[2] + " "
        if not re.search(r"\bclinic (=|IN)", condition) and not _BY_SECRET.search(condition):
            self.fault("unfiltered_statements", statement[:300])

    def fault(self, name: str, *more: object) -> None:
        """One more of this kind; the first few are told."""
        self.counted[name] += 1
        if self.counted[name] <= 5:
            self.report(f"{name}: {more}")


_TABLES = frozenset(name for name, table in metadata.tables.items() if "clinic" in table.columns)


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Each token at n routes of the other clinic and at n of its own with the other's ids; every page, both ways."""
    chance, tally = random.Random(seed), Tally(report)
    with small_world() as world:
        homes = {clinic: _home(world, clinic) for clinic in HOMES}
        _compare_marks(homes, tally)
        client = world.app.test_client(use_cookies=False)
        guarded = tables(world.folder / "journal.sqlite")
        planned = 0
        with watched(world, tally):
            for clinic, home in homes.items():
                _own(client, home, tally)
                before = contents(world.folder / "journal.sqlite", guarded)
                planned += _knock(client, home, homes[_OTHER[clinic]], n, chance, tally)
                planned += _open(home, homes[_OTHER[clinic]], tally)
                after = contents(world.folder / "journal.sqlite", guarded)
                _compare(before, after, tally)
    count = tally.counted
    return Figures(
        planned=planned,
        injected=count["probes"],
        counted={
            "probes": count["probes"],
            "routes": len(homes[CLINIC].routes),
            "marks": sum(len(one.marks) for one in homes.values()),
            "statements": count["statements"],
            **{name: count[name] for name in _NONE},
        },
        bars={
            "routes": at_least(34),
            "marks": at_least(12),
            "statements": at_least(planned // 2),
            **{name: exactly(0) for name in _NONE},
        },
    )


def _home(world: World, clinic: str) -> Home:
    """The same in both clinics: who writes after which visit, under which identifiers."""
    late = int(world.clock().timestamp()) + 36_000
    app = app_of(world, clinic=clinic, scope="patient/*.cruds", exp=late)
    tokens = {
        "patient": app.token or "",
        "staff": _staff(world, clinic, "clinician-1", scope="user/*.cruds", exp=late),
        "charted": _staff(
            world, clinic, "clinician-2", scope="user/*.cruds", exp=late, patient="patient-six-done"
        ),
        "officer": _staff(world, clinic, "officer-1", scope="user/*.cruds", exp=late),
        "backend": signed_token(
            world, clinic, scope="system/*.cruds", exp=late, patient=None, fhirUser=None, client_id="registry"
        ),
    }
    found = routes(world, app, App(world, tokens["officer"], clinic))
    ada = patient(world, clinic=clinic)
    draft = ada.begin("six-done-4")
    ada.type(draft, 1, {"ai4.1": f"{WORDS} in a draft at {clinic}"})
    entry = next(
        one.path.split("/")[4] for one in found if one.name.endswith("/QuestionnaireResponse/<response_id>")
    )
    ids = {step for one in found for step in re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", one.path)}
    marks = frozenset({f"{WORDS} at {clinic}", f"{WORDS} in a draft at {clinic}", draft, *ids})
    visitors: dict[str, Visitor] = {
        "patient": ada,
        "chart": clinician(world, clinic=clinic),
        "officer": officer(world, clinic=clinic),
    }
    pages = {
        "patient": [
            f"entry/{draft}/all",
            f"entry/{draft}/check",
            f"entry/{entry}/receipt",
            "",
            "entry/none/all",
        ],
        "chart": [f"entry/{entry}", "", "side-by-side", "visits", "worklist"],
        "officer": ["", "patient/patient-six-done", "export", "export?patient=patient-six-done"],
    }
    return Home(clinic, tokens, found, marks, visitors, pages)


def _staff(world: World, clinic: str, name: str, **claims: Any) -> str:
    person = f"{HOMES[clinic]}/fhir/Practitioner/{name}"
    return signed_token(
        world, clinic, fhirUser=person, **({"patient": None, "client_id": "ward-tool"} | claims)
    )


def _compare_marks(homes: dict[str, Home], tally: Tally) -> None:
    for one in homes[CLINIC].marks & homes[OTHER].marks:
        tally.fault("same_ids", one)


def _own(client: FlaskClient, home: Home, tally: Tally) -> None:
    """What is refused to others must be there for one's own, or its refusal says nothing."""
    for route in home.routes:
        answer = ask(client, route, route.genuine)
        if answer.status_code >= 300:
            tally.fault("own_refused", route.name, answer.status_code, answer.text[:200])


def _knock(client: FlaskClient, home: Home, other: Home, n: int, chance: random.Random, tally: Tally) -> int:
    times = min(n, len(other.routes))
    for who, token in home.tokens.items():
        for route in chance.sample(other.routes, times):
            answer = ask(client, route, token)
            if answer.status_code != 401:
                tally.fault("taken_at_the_wrong_door", who, route.name, answer.status_code)
            _judge(answer.text, home, other, f"{who} at {route.name} of {other.clinic}", tally)
        for route in chance.sample(other.routes, times):
            here = _moved(route, other.clinic, home.clinic)
            _judge(ask(client, here, token).text, home, other, f"{who} at {here.path}", tally, here)
    return 2 * times * len(home.tokens)


def _moved(route: Route, there: str, here: str) -> Route:
    """The other clinic's request at one's own door; what it would make is made under an identifier of its own."""
    content = route.content.replace(f"/{there}/".encode(), f"/{here}/".encode())
    if route.method == "POST" and b'"QuestionnaireResponse"' in content:
        content = content.replace(b"six-done-2", b"no-visit-of-anybody")
        fresh = f"urn:uuid:{uuid4()}".encode()
        content = re.sub(rb"urn:uuid:[0-9a-f-]{36}", fresh, content)
        return replace(
            route, path=route.path.replace(there, here), content=content, headers=_unconditional(route)
        )
    return replace(route, path=route.path.replace(there, here), content=content)


def _unconditional(route: Route) -> dict[str, str]:
    return {name: value for name, value in route.headers.items() if name != "If-None-Exist"}


def _open(home: Home, other: Home, tally: Tally) -> int:
    """Pages of one's own visit, by the other clinic's ids."""
    asked = [(kind, path) for kind, paths in other.pages.items() for path in paths]
    for kind, path in asked:
        _judge(home.visitors[kind].get(path).text, home, other, f"{kind} at {path}", tally, path)
    return len(asked)


def _judge(text: str, home: Home, other: Home, where: str, tally: Tally, asked: object = "") -> None:
    tally.counted["probes"] += 1
    for mark in other.marks - home.marks:
        if mark in text and mark not in str(asked):
            tally.fault("crossings", where, mark)


def _compare(before: dict[str, list[Any]], after: dict[str, list[Any]], tally: Tally) -> None:
    for name in before:
        if before[name] != after[name]:
            tally.fault("written", name)


@contextmanager
def watched(world: World, tally: Tally) -> Iterator[None]:
    """Every statement to the database is told to the tally."""

    def told(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        tally.saw(statement)

    store = world.desk.store
    for engine in (store.reader, store.writer_engine):
        event.listen(engine, "before_cursor_execute", told)
    try:
        yield
    finally:
        for engine in (store.reader, store.writer_engine):
            event.remove(engine, "before_cursor_execute", told)
