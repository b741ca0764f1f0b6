"""A token that does not say whose it is opens no route, and no row of anybody's is looked up for it.

Truly signed tokens with scopes of a patient or a user, without the patient, the person or both, or with what is none,
at every route that takes tokens; beside each the genuine one that opens the route (T17).
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from service.store.engine import Store
from tests.people import App, signed_token, staff_app
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.proofs.token_routes import WORDS, Route, ask, routes
from tests.world import EHR, OTHER_EHR, World

DEFAULT_N = 1_000  # routes for each token; there are at most as many as routes
CI_N = 3

_TABLES = (
    "drafts",
    "entries",
    "entry_versions",
    "assigned_sets",
    "seen_encounters",
    "filings",
    "summaries",
    "courses",
)
_REFUSED = (401, 403)


@dataclass(frozen=True, slots=True)
class Nobody:
    """A token by what is wrong with it."""

    name: str
    token: str


@dataclass
class Tally:
    """What came of it; `queries` are statements about patients' rows while such a token was shown."""

    report: Callable[[str], None]
    counted: Counter[str] = field(default_factory=Counter)
    watching: bool = False

    def saw(self, statement: str) -> None:
        """A statement that the database is asked to run."""
        words = statement.replace(",", " ").replace(".", " ").split()
        if not any(table in words for table in _TABLES):
            return
        if self.watching:
            self.fault("queries", statement[:200])
        else:
            self.counted["queries_of_genuine"] += 1

    def show(self, client: FlaskClient, route: Route, nobody: Nobody) -> None:
        """The token that names nobody, and then the one that opens the route."""
        self.watching = True
        answer = ask(client, route, nobody.token)
        self.watching = False
        self.counted["probes"] += 1
        if answer.status_code not in _REFUSED or WORDS in answer.text:
            self.fault("allowed", nobody.name, route.name, answer.status_code)
        good = ask(client, route, route.genuine)
        if good.status_code >= 300:
            self.fault("genuine_refused", route.name, good.status_code, good.text[:200])

    def fault(self, name: str, *more: object) -> None:
        """One more of this kind; the first few are told."""
        self.counted[name] += 1
        if self.counted[name] <= 5:
            self.report(f"{name}: {more}")


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Each such token at n routes, or at all where there are no more; which ones is chance."""
    chance, tally = random.Random(seed), Tally(report)
    with small_world() as world:
        late = int(world.clock().timestamp()) + 36_000
        genuine = signed_token(world, scope="patient/*.cruds", exp=late)
        officer = staff_app(world, "officer-1", scope="user/AuditEvent.rs", exp=late)
        doors = routes(world, App(world, genuine), officer)
        tokens = list(nobodies(world, late))
        times = min(n, len(doors))
        client = world.app.test_client(use_cookies=False)
        with watched(world.desk.store, tally):
            for one in tokens:
                for route in chance.sample(doors, times):
                    tally.show(client, route, one)
    count = tally.counted
    return Figures(
        planned=len(tokens) * times,
        injected=count["probes"],
        counted={
            "tokens": len(tokens),
            "routes": len(doors),
            "probes": count["probes"],
            "queries_of_genuine": count["queries_of_genuine"],
            **{name: count[name] for name in ("allowed", "queries", "genuine_refused")},
        },
        bars={
            "tokens": at_least(90),
            "routes": at_least(34),
            "queries_of_genuine": at_least(count["probes"] // 2),
            **{name: exactly(0) for name in ("allowed", "queries", "genuine_refused")},
        },
    )


def nobodies(world: World, late: int) -> Iterator[Nobody]:
    """Tokens with data scopes whose patient or person is missing, empty, mistyped or of another server."""
    own, doctor = f"{EHR}/fhir/Patient/patient-six-done", f"{EHR}/fhir/Practitioner/clinician-1"
    odd: tuple[Any, ...] = (
        None,
        "",
        0,
        False,
        [],
        {},
        ["patient-six-done"],
        "Patient/patient-six-done",
        "..",
        " ",
    )
    strange = (
        f"{OTHER_EHR}/fhir/Patient/patient-six-done", f"{OTHER_EHR}/fhir/Practitioner/clinician-1", "Device/1",
        f"{EHR}/fhir/Device/1", f"{EHR}/fhir/Patient/", f"{EHR}/fhir/", EHR, "Practitioner", "/Practitioner/x",
        f"{EHR}/fhir/Group/clinician-1", f"{EHR}/fhir/Person/clinician-1", f"{doctor}/_history/1/x",
    )  # fmt: skip
    for scope in ("patient/*.cruds", "patient/*.cruds launch/patient openid fhirUser", "patient/*.*"):
        for patient in odd:
            yield _nobody(world, late, scope=scope, patient=patient, fhirUser=own)
        for person in (*(one for one in odd if one != "Patient/patient-six-done"), *strange):
            yield _nobody(world, late, scope=scope, patient="patient-six-done", fhirUser=person)
    for scope, patient in product(
        ("user/*.cruds", "user/*.*", "user/*.rs patient/*.rs"), ("patient-six-done", None)
    ):
        for person in (None, "", 0, [], {}, *strange):
            yield _nobody(world, late, scope=scope, patient=patient, fhirUser=person)
    yield _nobody(world, late, scope="patient/*.cruds", patient=None, fhirUser=None)


def _nobody(world: World, late: int, **claims: Any) -> Nobody:
    return Nobody(str(claims), signed_token(world, exp=late, **claims))


@contextmanager
def watched(store: Store, tally: Tally) -> Iterator[None]:
    """Every statement to the database is told to the tally."""

    def told(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        tally.saw(statement)

    engines = (store.reader, store.writer_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", told)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", told)
