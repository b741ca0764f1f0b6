"""A search parameter in a scope narrows what the scope gives and never widens it: only what matches is found and read,
nothing that does not match is written, and a limit that cannot be held to gives nothing at all. [SMART App Launch 2.2,
scopes, Finer-grained resource constraints]
"""

import pytest

from service.smart.scopes import Constraint, parse
from tests.conformance.smart.asking import QR, scoped
from tests.factories import response
from tests.people import app_of
from tests.web.changing import answered, put
from tests.world import World

SUPPORTED = {"DocumentReference": frozenset({"category", "status"})}
LIMITED = f"patient/{QR}.crus?status=completed"


def test_a_limit_stands_beside_the_grant() -> None:
    granted = parse("patient/DocumentReference.rs?category=a", SUPPORTED)

    assert not granted.allows("patient", "DocumentReference", "r")
    assert granted.limits("patient", "DocumentReference", "r") == ((Constraint("category", "a"),),)
    assert not granted.covers(parse("patient/DocumentReference.rs"))


def test_only_what_matches_is_found_and_read(world: World) -> None:
    sent = app_of(world).post(QR, response(world)).json()
    begun = response(world, 2, encounter="six-done-2", status="in-progress")
    draft = app_of(world).post(QR, begun).json()
    app = scoped(world, LIMITED)

    assert [one["resource"]["id"] for one in app.get(QR).json()["entry"]] == [sent["id"]]
    assert app.get(f"{QR}/{sent['id']}").status_code == 200
    assert app.get(f"{QR}/{draft['id']}").status_code in (403, 404)


def test_nothing_that_does_not_match_is_written(world: World) -> None:
    kept = app_of(world).post(QR, response(world)).json()
    world.clock.pass_time(minutes=1)
    app = scoped(world, LIMITED)

    begun = response(world, 2, encounter="six-done-2", status="in-progress")
    assert app.post(QR, begun).status_code in (403, 422)
    changed = put(app, answered(kept, "other words") | {"status": "amended"}, 'W/"1"')
    assert changed.status_code in (403, 404, 405, 422)
    assert [one["resource"] for one in app_of(world).get(QR).json()["entry"]] == [kept]


def test_what_did_not_match_is_not_brought_in_by_a_change(world: World) -> None:
    begun = app_of(world, scope=f"patient/{QR}.crus").post(QR, response(world, status="in-progress")).json()
    world.clock.pass_time(minutes=1)
    changed = put(scoped(world, LIMITED), answered(begun, "other words") | {"status": "completed"}, 'W/"1"')

    assert changed.status_code in (403, 404, 405)
    assert app_of(world).get(f"{QR}/{begun['id']}").json() == begun


@pytest.mark.parametrize(
    "query", ["authored=gt2020", "status:not=completed", "status=completed&_tag=x", "patient=x"]
)
def test_a_limit_that_cannot_be_held_to_gives_nothing(house: World, query: str) -> None:
    app = scoped(house, f"patient/{QR}.crus?{query}")

    assert {app.get(QR).status_code, app.get(f"{QR}/none").status_code} == {403}
