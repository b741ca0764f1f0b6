"""Prefer says how much of the resource comes back: all of it, nothing, or an OperationOutcome; a refusal always says
why. [FHIR R4 http, Managing Return Content]
"""

import pytest

from tests.conformance.rest.asking import QR, created, fresh, issue_codes, mine
from tests.web.changing import answered, put
from tests.world import World

TYPES = {"": QR, "return=representation": QR, "return=OperationOutcome": "OperationOutcome"}


@pytest.mark.parametrize("prefer", TYPES)
def test_what_comes_back_is_what_is_preferred(world: World, prefer: str) -> None:
    made = mine(world).post(QR, fresh(world), Prefer=prefer)
    kept = created(world, 2).json()
    changed = answered(kept, "other words", "ai2.1") | {"status": "amended"}
    put_there = put(mine(world), changed, 'W/"1"', Prefer=prefer)

    assert (made.status_code, put_there.status_code) == (201, 200)
    assert {one.json()["resourceType"] for one in (made, put_there)} == {TYPES[prefer]}


def test_nothing_comes_back_where_nothing_is_wanted(world: World) -> None:
    app, sent = mine(world), fresh(world)
    answer = app.post(QR, sent, Prefer="return=minimal")

    assert (answer.status_code, answer.content) == (201, b"")
    refused = app.post(QR, sent, Prefer="return=minimal")
    assert (refused.status_code, issue_codes(refused)) == (409, ["conflict"])
