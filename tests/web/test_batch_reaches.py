"""In a batch nobody reaches more than alone: every route as an entry, by everybody, over another's things (T6)."""

import json
from collections import Counter
from typing import Any

from service.web.doors import policy_of
from tests.people import App, app_of, backend_app, staff_app
from tests.proofs.token_routes import WORDS, Route, ask, routes
from tests.world import OTHER, World

MOST = 50
LATE = 36_000


def entry_of(route: Route, clinic: str) -> dict[str, Any]:
    """This request as an entry of a batch at a clinic."""
    place = route.path.removeprefix(f"/{clinic}/fhir").removeprefix("/")
    match = {"ifMatch": route.headers["If-Match"]} if "If-Match" in route.headers else {}
    once = {"ifNoneExist": route.headers["If-None-Exist"]} if "If-None-Exist" in route.headers else {}
    said = {"resource": json.loads(route.content)} if route.content.startswith(b"{") else {}
    return {"request": {"method": route.method, "url": place, **match, **once}, **said}


def strangers(world: World) -> dict[str, App]:
    """Who has a good token, and no right to the things of patient-six-done."""
    late = int(world.clock().timestamp()) + LATE
    scope = "{0}/*.cruds"
    return {
        "another patient": app_of(world, "patient-eight-done", scope=scope.format("patient"), exp=late),
        "a clinician off the team": staff_app(world, "clinician-2", scope=scope.format("user"), exp=late),
        "a clinician at another chart": staff_app(
            world, "clinician-2", "patient-eight-done", scope=scope.format("user"), exp=late
        ),
        "a service that is not listed": backend_app(
            world, scope=scope.format("system"), client_id="somebody", exp=late
        ),
    }


def test_no_entry_of_a_batch_reaches_what_its_request_alone_does_not(world: World) -> None:
    """Each entry is answered with the status its request would have alone, and with nobody's words."""
    late = int(world.clock().timestamp()) + LATE
    owner = app_of(world, scope="patient/*.cruds", exp=late)
    officer = staff_app(world, "officer-1", scope="user/AuditEvent.rs", exp=late)
    every = [one for one in routes(world, owner, officer) if one.path.rstrip("/") != f"/{owner.clinic}/fhir"]
    offered = [one for one in every if "_search" not in one.path and "$" not in one.path]
    client, entries, opened = world.app.test_client(use_cookies=False), 0, Counter[str]()

    for who, app in {"its patient": owner, **strangers(world)}.items():
        batch = {"resourceType": "Bundle", "type": "batch"}
        given = [entry_of(one, app.clinic) for one in offered]
        assert len(given) <= MOST
        answer = app.post("", batch | {"entry": given})
        assert answer.status_code == 200, (who, answer.text)
        for route, told in zip(offered, answer.json()["entry"], strict=True):
            alone = ask(client, route, app.token or "")
            # What the batch made is there already when it is sent again.
            status = told["response"]["status"][:3].replace("201", "200")
            assert status == str(alone.status_code), (who, route.name)
            opened[who] += alone.status_code < 300
            entries += 1
        assert (WORDS in answer.text) == (who == "its patient"), who
    assert entries >= 5 * 22
    assert opened["its patient"] >= 19


def test_what_a_batch_does_not_offer_is_refused_in_it_whoever_asks(world: World) -> None:
    """Operations, searches by form, and the other clinic's base are no way round either."""
    late = int(world.clock().timestamp()) + LATE
    owner = app_of(world, scope="patient/*.cruds", exp=late)
    officer = staff_app(world, "officer-1", scope="user/AuditEvent.rs", exp=late)
    every = routes(world, owner, officer)
    beside = [one for one in every if "_search" in one.path or "$" in one.path or one.path.endswith("/fhir")]
    given = [entry_of(one, owner.clinic) for one in beside]
    given += [entry_of(one, OTHER) for one in every if one.method == "GET"]

    for app in (owner, *strangers(world).values()):
        answer = app.post("", {"resourceType": "Bundle", "type": "batch", "entry": given[:MOST]})
        assert {one["response"]["status"][:3] for one in answer.json()["entry"]} == {"400"}
        assert WORDS not in answer.text
    assert len(given[:MOST]) >= 30


def test_every_route_that_takes_a_token_was_there(world: World) -> None:
    """The entries come from the URL map: a route that is new stands among them or is no route of a batch."""
    owner = app_of(world, scope="patient/*.cruds")
    officer = staff_app(world, "officer-1", scope="user/AuditEvent.rs")
    rules = {
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/<clinic>/fhir") and not policy_of(world.app, rule.endpoint).public
    }
    assert {one.name.partition(" ")[2] for one in routes(world, owner, officer)} == rules
