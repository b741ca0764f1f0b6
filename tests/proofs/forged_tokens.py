"""Show more than two hundred kinds of forged tokens at every FHIR route that asks for one, and count what opens.

The routes are those of token_routes.py. Beside every forgery goes the same request with a genuine token: a route at
which that one is refused would prove nothing. A forgery counts as refused by 401 alone, or by a 400 or 403
that the genuine token does not get. Nothing may be fetched because a token says so (threats T12 to T14).
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import App, staff_app
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.forger import Forger
from tests.proofs.forging import forgeries, header_injections
from tests.proofs.small_world import small_world
from tests.proofs.token_routes import WORDS, Route, ask, routes
from tests.world import HOMES

DEFAULT_N = 100
CI_N = 1


@dataclass
class Tally:
    """What came of it; `answers` counts the statuses that forgeries got."""

    sent: int = 0
    accepted: int = 0
    told: int = 0  # a patient's words in an answer to a forgery
    genuine: int = 0
    genuine_refused: int = 0
    answers: Counter[int] = field(default_factory=Counter)


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """Every forgery at n routes, or at all where there are no more than n; which ones is chance."""
    chance, tally = random.Random(seed), Tally()
    with small_world() as world:
        genuine, forged = forgeries(world)
        doors = routes(world, App(world, genuine), staff_app(world, "officer-1", scope="user/AuditEvent.rs"))
        times = min(n, len(doors))
        injections = sum(1 for _ in header_injections(Forger(world)))
        asked_before = len(world.net.asked)
        client = world.app.test_client(use_cookies=False)
        for done, (name, token) in enumerate(forged.items(), 1):
            for route in chance.sample(doors, times):
                _show(client, route, name, token, tally, report)
            if done % 100 == 0:
                report(f"{done} of {len(forged)} forgeries")
        elsewhere = [one for one in world.net.asked[asked_before:] if not _at_home(one)]
        kept = App(world, genuine).get("QuestionnaireResponse?_summary=count").json()["total"]
    for one in elsewhere:
        report(f"fetched: {one}")
    return Figures(
        planned=len(forged) * times,
        injected=tally.sent,
        counted={
            "forgeries": len(set(forged.values()) - {genuine}),
            "header_injections": injections,
            "routes": len(doors),
            "accepted": tally.accepted,
            "words_told": tally.told,
            "fetched_elsewhere": len(elsewhere),
            "unauthorized": tally.answers[401],
            "genuine": tally.genuine,
            "genuine_refused": tally.genuine_refused,
            "responses_kept": kept,
        },
        bars={
            "forgeries": at_least(max(200, len(forged))),
            "header_injections": at_least(40),
            "routes": at_least(34),
            "accepted": exactly(0),
            "words_told": exactly(0),
            "fetched_elsewhere": exactly(0),
            "genuine": at_least(len(forged) * times),
            "genuine_refused": exactly(0),
            "responses_kept": exactly(2),
        },
    )


def _show(
    client: FlaskClient,
    route: Route,
    name: str,
    token: str,
    tally: Tally,
    report: Callable[[str], None],
) -> None:
    """The forgery, and the same request with the genuine token."""
    false, good = ask(client, route, token), ask(client, route, route.genuine)
    tally.sent += 1
    tally.answers[false.status_code] += 1
    refused = false.status_code == 401 or (
        false.status_code in (400, 403) and good.status_code != false.status_code
    )
    tally.accepted += not refused
    tally.told += WORDS in false.text
    tally.genuine += 1
    tally.genuine_refused += not _is_good(good)
    if not refused:
        report(f"{route.name}: {name} was answered {false.status_code}")
    if not _is_good(good):
        report(f"{route.name}: the genuine token was answered {good.status_code}: {good.text[:300]}")


def _is_good(answer: TestResponse) -> bool:
    return 200 <= answer.status_code < 300


def _at_home(asked: str) -> bool:
    """Whether our service asked a clinic's own record system, for what its metadata names."""
    url = asked.split(" ", 1)[1]
    return any(url.startswith(f"{home}/") for home in HOMES.values())
