"""From "sent" to "in your record": one document for one entry, or a state that says why not (rules 19 to 22)."""

import httpx2
import pytest

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from service.workflow.deliver_entry import deliver_next
from tests.factories import response
from tests.people import clinician, patient
from tests.web.changing import answered, put, writer
from tests.web.fhir_answers import QR
from tests.workflow.contexts import as_patient
from tests.workflow.filing import (
    HEALING,
    Carry,
    Trouble,
    answer,
    documents,
    fails,
    on_rung,
    owed,
    sent,
    told,
    until_quiet,
)
from tests.world import CLINIC, World


@pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH])
@pytest.mark.parametrize("name", HEALING)
def test_whatever_befalls_a_write_there_is_one_document_in_the_end(
    world: World, name: str, rung: Rung
) -> None:
    sent(world)
    world.net.meddler = Trouble(HEALING[name])

    until_quiet(world, on_rung(world, rung))

    assert len(documents(world)) == 1
    assert owed(world)[0].state is FilingState.FILED
    assert owed(world)[0].document_id == documents(world)[0]["id"]


@pytest.mark.parametrize(
    "name", ["503 after it was written", "cut after it was written", "503 before it was written"]
)
def test_a_trouble_that_lasts_still_leaves_one_document(world: World, name: str) -> None:
    sent(world)
    world.net.meddler = Trouble(HEALING[name], times=4)

    until_quiet(world)

    assert len(documents(world)) == 1
    assert owed(world)[0].state is FilingState.FILED


REFUSED = {
    "422": (told(422), "content"),
    "400": (told(400), "content"),
    "413": (told(413), "form"),
    "415": (told(415), "form"),
    "403": (told(403), "scope"),
    "404": (told(404), "target"),
    "410": (told(410), "target"),
    "409": (told(409), "conflict"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_that_will_not_heal_is_told_with_its_reason_and_not_repeated(
    world: World, name: str
) -> None:
    sent(world)
    spoil, reason = REFUSED[name]
    world.net.meddler = trouble = Trouble(spoil, times=99)

    until_quiet(world, days=0.2)

    (filing,) = owed(world)
    assert (filing.state, filing.reason) == (FilingState.REFUSED, reason)
    assert trouble.writes == 1
    assert documents(world) == []
    ada = patient(world)
    assert "Not yet in your record" in ada.get(f"entry/{_key(world)}/receipt").text
    assert (
        "not-in-record" in clinician(world).home.text or "Not yet in the record" in clinician(world).home.text
    )


def _key(world: World) -> str:
    from service.store import entries

    return entries.newest_first(world.desk.store, as_patient())[0].key


def test_a_token_that_was_refused_once_is_renewed_and_the_write_goes_again(world: World) -> None:
    sent(world)
    world.net.meddler = trouble = Trouble(told(401))

    assert world.deliver() == 1

    assert trouble.writes == 2
    assert owed(world)[0].state is FilingState.FILED
    assert len([one for one in world.net.asked if one.endswith("/auth/token")]) == 2


def test_a_token_that_stays_refused_is_for_a_person(world: World) -> None:
    sent(world)
    world.net.meddler = Trouble(told(401), times=99)

    until_quiet(world, days=0.2)

    assert (owed(world)[0].state, owed(world)[0].reason) == (FilingState.REFUSED, "sign-in")


def test_held_for_review_is_told_as_such(world: World) -> None:
    sent(world)
    world.net.meddler = Trouble(told(202))

    world.deliver()

    assert owed(world)[0].state is FilingState.HELD_THERE
    assert "Held for review there" in patient(world).get(f"entry/{_key(world)}/receipt").text


def test_a_record_system_that_asks_to_wait_is_left_alone_for_so_long(world: World) -> None:
    sent(world)
    world.net.meddler = trouble = Trouble(told(429, Retry_After="1800"))
    world.deliver()

    world.clock.pass_time(minutes=29)
    assert world.deliver() == 0
    world.clock.pass_time(minutes=2)
    assert world.deliver() == 1

    assert trouble.writes == 2
    assert owed(world)[0].attempts == 0  # it asked to wait: that counts for nothing


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whichever_of_its_answers_asks_to_wait_nothing_is_asked_before(
    world: World, method: str, status: int
) -> None:
    """A question as much as a write: what the record system asks for holds for both (F12)."""
    sent(world)
    spoilt = [answer(status, b"", **{"Retry-After": "1800"})]

    def meddle(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        is_meant = (
            request.method == method
            and "/fhir/" in request.url.path
            and "/.well-known" not in request.url.path
        )
        return spoilt.pop() if spoilt and is_meant else carry()

    world.net.meddler = meddle
    assert world.deliver() == 1
    asked = len(world.net.asked)

    world.clock.pass_time(minutes=29)
    assert world.deliver() == 0
    assert len(world.net.asked) == asked
    world.clock.pass_time(minutes=2)
    assert world.deliver() == 1
    assert owed(world)[0].state is FilingState.FILED


@pytest.mark.parametrize("status", [429, 503])
def test_what_it_asks_of_one_it_asks_of_all(world: World, status: int) -> None:
    sent(world, 1)
    world.net.meddler = trouble = Trouble(told(status, Retry_After="1800"))
    assert world.deliver() == 1
    sent(world, 2)

    world.clock.pass_time(minutes=29)
    assert world.deliver() == 0
    world.clock.pass_time(minutes=2)
    assert world.deliver() == 2
    assert trouble.writes == 3


@pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE])
def test_where_only_the_mark_of_the_old_document_is_asked_to_wait_everything_waits(
    world: World, rung: Rung
) -> None:
    """The new document stands there already; the wish to wait holds all the same (F12)."""
    app, desk = writer(world), on_rung(world, rung)
    first = app.post(QR, response(world, 1, encounter="six-done-1"))
    assert deliver_next(desk, CLINIC, "worker")
    put(app, answered(first.json(), "other words") | {"status": "amended"}, first.headers["etag"])
    refused = [answer(429, b"", **{"Retry-After": "1800"})]

    def meddle(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        is_mark = request.method == "PUT" and "if-match" in request.headers
        return refused.pop() if refused and is_mark else carry()

    world.net.meddler = meddle
    assert deliver_next(desk, CLINIC, "worker")
    assert not refused
    sent(world, 2)
    asked = len(world.net.asked)

    world.clock.pass_time(minutes=29)
    assert not deliver_next(desk, CLINIC, "worker")
    assert len(world.net.asked) == asked
    world.clock.pass_time(minutes=2)
    assert deliver_next(desk, CLINIC, "worker")


def test_on_a_rung_that_searches_an_unknown_outcome_waits_out_the_quiet_window(world: World) -> None:
    """What was sent may still be written there: nothing is sent again before the window is over."""
    sent(world)
    desk = on_rung(world, Rung.SEARCH)
    world.net.meddler = trouble = Trouble(fails(httpx2.ReadTimeout))
    deliver_next(desk, CLINIC, "worker")

    for _ in range(14):
        world.clock.pass_time(minutes=1)
        deliver_next(desk, CLINIC, "worker")
    assert trouble.writes == 1
    world.clock.pass_time(minutes=5)
    deliver_next(desk, CLINIC, "worker")
    assert trouble.writes == 2


@pytest.mark.parametrize("name", ["429", "not connected"])
def test_on_that_rung_nothing_is_waited_out_where_nothing_was_sent(world: World, name: str) -> None:
    """The record system said no, or was not reached: the next attempt is due when it says, not a window later."""
    sent(world)
    desk = on_rung(world, Rung.SEARCH)
    world.net.meddler = trouble = Trouble(HEALING[name])
    deliver_next(desk, CLINIC, "worker")

    world.clock.pass_time(minutes=1)
    deliver_next(desk, CLINIC, "worker")

    assert trouble.writes == 2
    assert owed(world)[0].state is FilingState.FILED
