"""Two documents of one version stand there before anything is known of ours: the look keeps the one we sent (F15)."""

import json
from typing import Any

import httpx2
import pytest

from service.journal.entries import FilingState
from service.workflow.look_after_filings import look_after_filings
from tests.workflow.filing import Carry, answer, every_document, owed, sent, with_rules
from tests.world import CLINIC, World

_OTHER_BYTES = [{"attachment": {"contentType": "text/plain", "data": "c29tZXRoaW5nIGVsc2U="}}]


def two_there(world: World, *changed: dict[str, Any]) -> None:
    """A conflict that comes of these documents there, which bear the version's name."""

    def twice(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.method != "POST" or not request.url.path.endswith("/DocumentReference"):
            return carry()
        for elements in changed:
            world.records().create(json.loads(request.content) | elements)
        return answer(412)

    sent(world)
    world.net.meddler = twice
    world.deliver()
    assert (owed(world)[0].state, owed(world)[0].reason) == (FilingState.REFUSED, "several-found")


def standing(world: World) -> list[dict[str, Any]]:
    return [one for one in every_document(world) if one["status"] == "current"]


def looked(world: World, **rules: Any) -> None:
    world.clock.pass_time(hours=1)
    assert look_after_filings(with_rules(world, **rules), CLINIC) == 1


def test_one_is_struck_and_the_other_is_filed(world: World) -> None:
    two_there(world, {}, {})
    looked(world)

    (kept,) = standing(world)
    (filing,) = owed(world)
    assert (filing.state, filing.document_id, filing.trouble) == (FilingState.FILED, kept["id"], None)


@pytest.mark.parametrize("order", [({}, {"content": _OTHER_BYTES}), ({"content": _OTHER_BYTES}, {})])
def test_the_one_that_is_kept_is_what_we_sent(world: World, order: tuple[dict[str, Any], ...]) -> None:
    two_there(world, *order)
    looked(world)

    (kept,) = standing(world)
    assert kept["content"] != _OTHER_BYTES
    assert owed(world)[0].state is FilingState.FILED


def test_where_none_is_what_we_sent_nothing_is_struck(world: World) -> None:
    two_there(world, {"content": _OTHER_BYTES}, {"content": _OTHER_BYTES})
    looked(world)

    assert len(standing(world)) == 2
    assert (owed(world)[0].state, owed(world)[0].trouble) == (FilingState.REFUSED, "several-there")


def test_where_nothing_can_be_struck_both_are_shown(world: World) -> None:
    two_there(world, {}, {})
    looked(world, updates=False)

    assert len(standing(world)) == 2
    assert (owed(world)[0].state, owed(world)[0].trouble) == (FilingState.REFUSED, "several-there")
