"""The authorization matrix's probes: every rule of the URL map, with every method, identity and id, as a value."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import flask
from werkzeug.exceptions import MethodNotAllowed, NotFound

from service.cli.demo_clinic import CLINIC
from tests.proofs.matrix_behind import ABSENT, ADA, LACKING, SLOTS
from tests.proofs.matrix_people import Identity
from tests.proofs.matrix_rows import FIXED, ROWS, Row
from tests.world import OTHER

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OWN, ANOTHERS, NO_VISIT, NOWHERE = "own visit", "another's visit", "no visit", "no-such-clinic"
_VARIABLE = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Route:
    """A rule of the URL map as a template; `variables` in braces."""

    endpoint: str
    path: str
    own: frozenset[str]
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Probe:
    """Who asks which row of which route by which method: where (a clinic, or whose visit) and for whose things."""

    route: Route
    row: Row
    method: str
    who: Identity
    where: str
    slot: str

    def __str__(self) -> str:
        return f"{self.method} {self.route.path} {self.row.query} by {self.who.name} at {self.where} for {self.slot}"

    @property
    def of_nobody(self) -> "Probe":
        """The same request for what is not there."""
        return replace(self, slot=ABSENT)


def routes(app: flask.Flask) -> list[Route]:
    """Every rule of the URL map; what a path holds that is no variable stands as it is."""
    return [
        Route(
            rule.endpoint,
            _VARIABLE.sub(lambda match: f"{{{match[1]}}}", rule.rule),
            frozenset(rule.methods or ()),
            frozenset(rule.arguments),
        )
        for rule in sorted(app.url_map.iter_rules(), key=lambda one: (one.rule, one.endpoint))
    ]


def is_covered(route: Route) -> bool:
    """Whether the oracle has a row that says whose each variable is."""
    rows = ROWS.get(route.endpoint, ())
    known = {"visit", "clinic", *FIXED}
    return bool(rows) and all(route.variables <= known | set(row.names) for row in rows)


def probes(route: Route, people: Iterable[Identity], app: flask.Flask) -> Iterator[list[Probe]]:
    """For each row and method of a route what everybody may ask, everywhere and for everybody's things."""
    for method in METHODS:
        for row in _rows(route, method, app):
            yield [
                Probe(route, row, method, who, where, slot)
                for who in people
                for where in _places(route, who)
                for slot in _slots(row)
                if slot not in who.reaches or not row.uses & LACKING.get(slot, frozenset())
            ]


def missing(route: Route, people: Iterable[Identity], app: flask.Flask) -> Iterator[list[Probe]]:
    """For each method that is not there what everybody may ask."""
    row = ROWS[route.endpoint][0]
    for method in METHODS:
        if answering(route, method, app) is None:
            yield [Probe(route, row, method, who, _places(route, who)[0], ADA) for who in people]


def answering(route: Route, method: str, app: flask.Flask) -> str | None:
    """The endpoint that answers this method at the route's path, by the map itself; None where it is not offered."""
    filled = {name: FIXED.get(name, "x") for name in route.variables}
    try:
        endpoint, _ = app.url_map.bind("127.0.0.1").match(route.path.format(**filled), method)
    except (MethodNotAllowed, NotFound):
        return None
    return str(endpoint)


def _rows(route: Route, method: str, app: flask.Flask) -> tuple[Row, ...]:
    if method not in route.own or answering(route, method, app) != route.endpoint:
        return ()
    return tuple(row for row in ROWS[route.endpoint] if method in row.methods)


def _places(route: Route, who: Identity) -> tuple[str, ...]:
    if "visit" in route.variables:
        return (OWN, ANOTHERS, NO_VISIT) if who.visitor else (ANOTHERS, NO_VISIT)
    if "clinic" in route.variables:
        return (who.home, *{CLINIC, OTHER} - {who.home}, NOWHERE)
    return ("",)


def _slots(row: Row) -> tuple[str, ...]:
    return SLOTS if row.about_somebody or row.names or row.query else (ADA,)
