"""A response goes from each status to those that may follow it, and to no other; what was refused stays as it was.
[FHIR R4 questionnaire-answers-status; house rule]
"""

from itertools import product

import pytest

from service.journal.checking import check_step
from service.journal.entries import EntryStatus
from tests.conformance.sdc.asking import QR, Value, first_set, mine, put, taken
from tests.world import World

STATUSES = ("in-progress", "stopped", "completed", "amended", "entered-in-error")
STEPS = {
    "in-progress": {"in-progress", "completed", "stopped", "entered-in-error"},
    "stopped": {"in-progress", "entered-in-error"},
    "completed": {"amended", "entered-in-error"},
    "amended": {"amended", "entered-in-error"},
    "entered-in-error": set[str](),
}


def kept_as(world: World, status: str) -> Value:
    """A response that has come to this status by steps that there are."""
    draft = status in ("in-progress", "stopped")
    kept = taken(world, first_set(world, status="in-progress" if draft else "completed"))
    if kept["status"] != status:
        kept = put(world, with_words(kept, "on the way", status)).json()
    assert kept["status"] == status
    return kept


def with_words(kept: Value, words: str, status: str) -> Value:
    """The same response with this status, and with other words where there may be others."""
    said = [{"linkId": "ai1.1", "answer": [{"valueString": words}]}]
    return kept | {"status": status} | ({"item": said} if status != "entered-in-error" else {})


@pytest.mark.parametrize(("before", "after"), [*product(STATUSES, STATUSES)])
def test_each_step_is_taken_or_refused_by_the_table(world: World, before: str, after: str) -> None:
    kept = kept_as(world, before)
    body = (
        kept | {"status": after} if before == after == "entered-in-error" else with_words(kept, "new", after)
    )
    if before == after == "entered-in-error":
        body = body | {"item": [{"linkId": "ai1.2", "answer": [{"valueString": "new"}]}]}

    answer = put(world, body)

    assert answer.status_code == (200 if after in STEPS[before] else 422), answer.text
    now = mine(world).get(f"{QR}/{kept['id']}").json()
    assert now["status"] == (after if after in STEPS[before] else before)
    assert (now == kept) == (after not in STEPS[before])


def test_what_is_held_back_may_be_taken_back_and_what_is_released_may_not() -> None:
    completed, draft = EntryStatus.COMPLETED, EntryStatus.IN_PROGRESS

    assert check_step(completed, draft, held=True) == ()
    assert [fault.code for fault in check_step(completed, draft)] == ["business-rule"]
