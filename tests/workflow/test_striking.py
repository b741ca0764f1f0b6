"""Entered in error: what stands in the record is struck, once and in its order, or a person is told (rule 21, W-31)."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest

from service.ehr.outcome import Rung
from service.journal.entries import Filing, FilingKind, FilingState
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import LEASE, Desk
from tests.web.changing import answered, made, put, writer
from tests.workflow.filing import (
    Carry,
    Killed,
    Trouble,
    after,
    change_there,
    documents,
    dying_at,
    fails,
    keep_rules,
    on_rung,
    owed,
    told,
    until_quiet,
)
from tests.workflow.remembered import log
from tests.world import CLINIC, World


def entered_in_error(world: World, *, filed: bool = True) -> None:
    """An entry that its patient's app sent, and then said was entered in error."""
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    if filed:
        world.deliver()
    assert put(app, body | {"status": "entered-in-error"}, tag).status_code == 200


def statuses(world: World) -> list[str]:
    return [one["status"] for one in documents(world)]


def strike_of(world: World) -> Filing:
    (strike,) = [one for one in owed(world) if one.kind is FilingKind.STRIKE]
    return strike


def without_updates(world: World) -> Desk:
    clinic = world.desk.clinics[CLINIC]
    changed = replace(clinic, filing=replace(clinic.filing, updates=False))
    return replace(world.desk, clinics=dict(world.desk.clinics) | {CLINIC: changed})


class AtUpdates:
    """Stands on the wire before the updates of documents."""

    def __init__(self, spoil: Any, times: int = 1) -> None:
        self.spoil, self.left, self.updates = spoil, times, 0

    def __call__(self, request: Any, carry: Carry) -> Any:
        if request.method != "PUT" or "/DocumentReference/" not in request.url.path:
            return carry()
        self.updates += 1
        self.left -= 1
        return self.spoil(carry) if self.left >= 0 else carry()


def test_what_stands_there_is_struck_and_stays_struck(world: World) -> None:
    entered_in_error(world)
    assert world.deliver() == 1

    assert statuses(world) == ["entered-in-error"]
    strike = strike_of(world)
    assert (strike.state, strike.document_id) == (FilingState.FILED, documents(world)[0]["id"])
    assert documents(world)[0]["meta"]["versionId"] == "2"
    assert [one.reason for one in log(world) if one.what == f"DocumentReference/{strike.document_id}"] == [
        None,
        None,
    ]


def test_what_was_never_sent_is_cancelled_and_nothing_is_struck(world: World) -> None:
    entered_in_error(world, filed=False)
    assert world.deliver() == 0

    assert [(one.kind, one.state) for one in owed(world)] == [(FilingKind.SUMMARY, FilingState.CANCELLED)]
    assert documents(world) == []


@pytest.mark.parametrize("rung", list(Rung))
@pytest.mark.parametrize("spoil", [told(503), after(told(503)), after(told(200)), told(409), told(412)])
def test_a_strike_that_meets_trouble_is_made_again_until_it_is_so(
    world: World, rung: Rung, spoil: Any
) -> None:
    entered_in_error(world)
    world.net.meddler = at = AtUpdates(spoil)
    for _ in range(3):
        deliver_next(on_rung(world, rung), CLINIC, "worker")
        world.clock.pass_time(minutes=2)

    assert statuses(world) == ["entered-in-error"]
    assert strike_of(world).state is FilingState.FILED
    assert 1 <= at.updates <= 2


def test_every_version_that_stands_there_is_struck(world: World) -> None:
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.deliver()
    changed = put(app, answered(body, "other words") | {"status": "amended"}, tag)
    world.deliver()
    assert sorted(statuses(world)) == ["current", "superseded"]

    put(app, changed.json() | {"status": "entered-in-error"}, changed.headers["etag"])
    world.deliver()

    assert statuses(world) == ["entered-in-error", "entered-in-error"]


def test_where_nothing_can_be_updated_a_person_is_told_why(world: World) -> None:
    entered_in_error(world)
    desk = without_updates(world)
    while deliver_next(desk, CLINIC, "worker"):
        pass

    assert (strike_of(world).state, strike_of(world).reason) == (FilingState.REFUSED, "not-offered")
    assert statuses(world) == ["current"]


def test_a_record_system_that_says_so_itself_is_believed(world: World) -> None:
    entered_in_error(world)
    world.net.meddler = AtUpdates(told(405), times=9)
    world.deliver()

    assert (strike_of(world).state, strike_of(world).reason) == (FilingState.REFUSED, "not-offered")


@pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH])
def test_what_a_search_finds_and_nobody_may_read_yet_is_struck_once_it_is_let_in(
    world: World, rung: Rung
) -> None:
    """Held for review there: the search tells of it, and its address does not answer."""
    entered_in_error(world)
    world.net.meddler = lambda request, carry: told(404)(carry) if _at_a_document(request) else carry()
    until_quiet(world, on_rung(world, rung), days=0.2)
    assert (strike_of(world).state, strike_of(world).reason) == (FilingState.DUE, "held-there")

    world.net.meddler = None
    until_quiet(world, on_rung(world, rung), days=0.2)
    assert (strike_of(world).state, statuses(world)) == (FilingState.FILED, ["entered-in-error"])


def test_on_the_last_rung_a_strike_ends_where_a_reviewer_struck_first(world: World) -> None:
    """Held there without an address, let in and struck by somebody there: its bytes tell that nothing is left."""
    keep_rules(world, rung=Rung.NONE)
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.net.meddler = Trouble(after(told(202)))
    world.deliver()
    change_there(world, status="entered-in-error")
    put(app, body | {"status": "entered-in-error"}, tag)
    world.deliver()

    assert strike_of(world).state is FilingState.FILED
    assert statuses(world) == ["entered-in-error"]


def test_on_the_last_rung_a_strike_finds_what_was_sent_days_after_it_was_written(world: World) -> None:
    """The document bears the day of the words; the first attempt came later."""
    keep_rules(world, rung=Rung.NONE)
    body, tag = made(world, writer(world), "completed", encounter="six-done-1")
    world.clock.pass_time(days=2)
    world.net.meddler = Trouble(after(told(503)))
    world.deliver()
    put(writer(world), body | {"status": "entered-in-error"}, tag)
    until_quiet(world, days=0.2)
    world.deliver()

    assert strike_of(world).state is FilingState.FILED
    assert statuses(world) == ["entered-in-error"]


def _at_a_document(request: httpx2.Request) -> bool:
    return "/DocumentReference/" in request.url.path


def test_what_was_sent_with_an_unknown_end_is_found_and_struck(world: World) -> None:
    """The document is there, its answer was lost, and the patient takes it back before the next attempt."""
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.net.meddler = Trouble(after(told(503)))
    world.deliver()
    put(app, body | {"status": "entered-in-error"}, tag)
    for _ in range(4):
        world.clock.pass_time(minutes=20)
        world.deliver()

    assert statuses(world) == ["entered-in-error"]
    assert strike_of(world).state is FilingState.FILED


@pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE])
def test_what_waits_for_a_person_is_struck_too_and_waits_no_more(world: World, rung: Rung) -> None:
    """Parked with an unknown end: the strike looks for it, and nobody can send it any more."""
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.net.meddler = Trouble(after(told(503)))
    deliver_next(on_rung(world, Rung.NONE), CLINIC, "worker")
    assert owed(world)[0].state is FilingState.PARKED
    put(app, body | {"status": "entered-in-error"}, tag)
    while deliver_next(on_rung(world, rung), CLINIC, "worker"):
        pass

    assert statuses(world) == ["entered-in-error"]
    assert [one.state for one in owed(world)] == [FilingState.CANCELLED, FilingState.FILED]


def test_nothing_found_is_waited_for_as_long_as_it_may_still_come(world: World) -> None:
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.net.meddler = Trouble(told(503))
    desk = on_rung(world, Rung.NONE)
    deliver_next(desk, CLINIC, "worker")
    put(app, body | {"status": "entered-in-error"}, tag)

    desk = on_rung(world, Rung.SEARCH)
    deliver_next(desk, CLINIC, "worker")
    assert strike_of(world).state is FilingState.DUE
    world.clock.pass_time(minutes=20)
    while deliver_next(desk, CLINIC, "worker"):
        pass

    assert [(one.state, one.reason) for one in owed(world)] == [
        (FilingState.CANCELLED, "entered-in-error"),
        (FilingState.CANCELLED, "nothing-there"),
    ]


def test_a_worker_that_died_over_a_strike_leaves_it_to_the_next(world: World) -> None:
    entered_in_error(world)
    with pytest.raises(Killed):
        deliver_next(dying_at(world.desk, "K7"), CLINIC, "dead")
    world.clock.pass_time(seconds=LEASE.total_seconds() + 1)

    assert world.deliver() == 1
    assert statuses(world) == ["entered-in-error"]
    assert documents(world)[0]["meta"]["versionId"] == "2"


def test_what_somebody_there_struck_already_is_left_as_it_is(world: World) -> None:
    entered_in_error(world)
    (there,) = documents(world)
    world.records().update("DocumentReference", there["id"], there | {"status": "entered-in-error"}, None)
    world.deliver()

    assert strike_of(world).state is FilingState.FILED
    assert documents(world)[0]["meta"]["versionId"] == "2"


def test_a_lost_connection_sends_the_strike_again(world: World) -> None:
    entered_in_error(world)
    world.net.meddler = AtUpdates(fails(httpx2.ReadTimeout))
    world.deliver()
    world.clock.pass_time(minutes=1)
    world.deliver()

    assert strike_of(world).state is FilingState.FILED
