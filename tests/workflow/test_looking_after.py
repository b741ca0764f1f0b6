"""What was filed is looked at again: a while after, and every day; nothing is ever sent again by itself (rule 22)."""

import httpx2
import pytest

from service.audit.record import Deed
from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from service.journal.problems import ChangedElsewhere, NotYours
from service.workflow.filings_by_command import owed as open_now
from service.workflow.filings_by_command import try_again
from service.workflow.look_after_filings import AT_ONCE, look_after_filings
from service.workflow.send_again import send_again
from tests.web.changing import made, put, writer
from tests.workflow.contexts import as_clinician
from tests.workflow.filing import (
    NAME,
    Carry,
    Trouble,
    after,
    answer,
    change_there,
    delivered,
    documents,
    every_document,
    fails,
    keep_rules,
    on_any_rung,
    on_rung,
    owed,
    sent,
    told,
    with_rules,
)
from tests.workflow.holding import holding, until_morning
from tests.workflow.remembered import log
from tests.world import CLINIC, EHR, World

__all__ = ["holding"]


def filed(world: World) -> None:
    sent(world)
    world.deliver()
    assert owed(world)[0].state is FilingState.FILED


def look(world: World, **time: float) -> int:
    world.clock.pass_time(**time)
    return look_after_filings(world.desk, CLINIC)


def copy_of(world: World) -> str:
    """Another document there with the same content: what a lost request made in the end."""
    (there,) = documents(world)
    return str(
        world.records().create({k: v for k, v in there.items() if k not in ("id", "meta")}).resource["id"]
    )


def gone(request: httpx2.Request, carry: Carry) -> httpx2.Response:
    """The record system lost every document: it was put back to an older state."""
    if request.method != "GET" or "/DocumentReference" not in request.url.path:
        return carry()
    if "identifier" in request.url.params:
        empty = b'{"resourceType":"Bundle","type":"searchset","total":0}'
        return answer(200, empty, **{"content-type": "application/fhir+json"})
    return answer(404)


def no_search(request: httpx2.Request, carry: Carry) -> httpx2.Response:
    """The record system lets us read documents, and search for none."""
    searches = request.method == "GET" and request.url.path.endswith("/DocumentReference")
    return answer(403) if searches else carry()


def test_each_is_looked_at_a_while_after_and_then_once_a_day(world: World) -> None:
    filed(world)
    assert look(world, minutes=10) == 0
    assert look(world, minutes=10) == 1
    assert look(world, hours=23) == 0
    assert look(world, hours=2) == 1

    assert (owed(world)[0].trouble, owed(world)[0].state) == (None, FilingState.FILED)
    assert owed(world)[0].looked_at is not None


def test_what_is_gone_from_there_is_asked_about_and_never_sent_again_by_itself(world: World) -> None:
    filed(world)
    world.net.meddler = gone
    look(world, hours=1)
    world.deliver()

    assert owed(world)[0].trouble == "missing-there"
    assert [one.id for one in open_now(world.desk, CLINIC)] == [owed(world)[0].id]
    assert [one for one in world.net.asked if one == f"POST {EHR}/fhir/DocumentReference"] == [
        f"POST {EHR}/fhir/DocumentReference"
    ]
    assert [one.reason for one in log(world)][-1] == "missing-there"


def test_a_person_sends_again_what_is_gone(world: World) -> None:
    filed(world)
    world.net.meddler = gone
    look(world, hours=1)
    send_again(world.desk, as_clinician(NAME), NAME, owed(world)[0].id)
    world.net.meddler = None
    world.deliver()

    assert (owed(world)[0].state, owed(world)[0].trouble) == (FilingState.FILED, None)
    assert len(documents(world)) == 1  # it stood there after all, and was found


def test_what_came_back_is_trouble_no_more(world: World) -> None:
    filed(world)
    world.net.meddler = gone
    look(world, hours=1)
    world.net.meddler = None
    look(world, hours=25)

    assert owed(world)[0].trouble is None
    assert open_now(world.desk, CLINIC) == []


@pytest.mark.parametrize("trouble", ["struck-there", "other-content"])
def test_only_what_is_gone_can_be_sent_again(world: World, trouble: str) -> None:
    filed(world)
    if trouble == "struck-there":
        change_there(world, status="entered-in-error")
    else:
        attachment = {"contentType": "application/pdf", "data": "b3RoZXI="}
        change_there(world, content=[{"attachment": attachment}])
    look(world, hours=1)

    assert owed(world)[0].trouble == trouble
    with pytest.raises(NotYours):
        try_again(world.desk, CLINIC, owed(world)[0].id)
    with pytest.raises(NotYours):
        send_again(world.desk, as_clinician("patient-two-in"), NAME, owed(world)[0].id)


def test_a_copy_that_came_late_is_struck_and_the_one_we_know_is_kept(world: World) -> None:
    """A request that the record system carried out long after we had given it up (F10)."""
    filed(world)
    copy = copy_of(world)
    look(world, hours=1)

    assert {one["id"]: one["status"] for one in documents(world)} == {
        owed(world)[0].document_id: "current",
        copy: "entered-in-error",
    }
    assert owed(world)[0].trouble is None
    assert [one.what for one in log(world) if one.reason == "copy-struck"] == [f"DocumentReference/{copy}"]


def test_where_nothing_can_be_struck_the_copies_are_shown(world: World) -> None:
    filed(world)
    copy_of(world)
    world.clock.pass_time(hours=1)
    look_after_filings(with_rules(world, updates=False), CLINIC)

    assert owed(world)[0].trouble == "several-there"
    assert {one["status"] for one in documents(world)} == {"current"}


def test_what_is_held_for_review_is_filed_once_it_stands_there(world: World) -> None:
    sent(world)
    world.net.meddler = Trouble(after(told(202)))
    world.deliver()
    assert owed(world)[0].state is FilingState.HELD_THERE
    look(world, hours=25)

    assert (owed(world)[0].state, owed(world)[0].document_id) == (
        FilingState.FILED,
        documents(world)[0]["id"],
    )


def test_what_is_held_for_too_long_is_shown_after_the_clinics_days(world: World) -> None:
    sent(world)
    world.net.meddler = Trouble(told(202))
    world.deliver()
    for _ in range(13):
        look(world, hours=24.5)
    assert owed(world)[0].trouble is None
    look(world, hours=24.5)

    assert (owed(world)[0].state, owed(world)[0].trouble) == (FilingState.HELD_THERE, "held-too-long")


def test_what_a_reviewer_refused_is_shown(world: World) -> None:
    sent(world)
    world.net.meddler = Trouble(after(told(202)))
    world.deliver()
    change_there(world, status="entered-in-error")
    look(world, hours=25)

    assert (owed(world)[0].state, owed(world)[0].trouble) == (FilingState.HELD_THERE, "struck-there")


def test_on_the_last_rung_what_is_parked_is_found_by_its_bytes(world: World) -> None:
    keep_rules(world, rung=Rung.NONE)
    sent(world)
    world.net.meddler = Trouble(after(told(503)))
    world.deliver()
    assert owed(world)[0].state is FilingState.PARKED
    look(world, hours=1)

    assert (owed(world)[0].state, owed(world)[0].document_id) == (
        FilingState.FILED,
        documents(world)[0]["id"],
    )


def test_on_the_last_rung_what_is_not_found_stays_with_a_person(world: World) -> None:
    keep_rules(world, rung=Rung.NONE)
    sent(world)
    world.net.meddler = trouble = Trouble(told(503))
    world.deliver()
    look(world, hours=1)
    world.deliver()

    assert (owed(world)[0].state, owed(world)[0].trouble) == (FilingState.PARKED, "not-found-there")
    assert trouble.writes == 1

    try_again(world.desk, CLINIC, owed(world)[0].id)
    world.deliver()
    assert (owed(world)[0].state, trouble.writes) == (FilingState.FILED, 2)


def test_a_person_who_tries_again_on_the_last_rung_makes_no_second_one(world: World) -> None:
    keep_rules(world, rung=Rung.NONE)
    sent(world)
    world.net.meddler = trouble = Trouble(after(told(503)))
    world.deliver()
    try_again(world.desk, CLINIC, owed(world)[0].id)
    world.deliver()

    assert (owed(world)[0].state, trouble.writes, len(documents(world))) == (FilingState.FILED, 1, 1)


def test_on_the_last_rung_what_was_held_until_morning_is_found_under_its_own_day(holding: World) -> None:
    """The document bears the day on which it was sent to us, not that of the first attempt."""
    keep_rules(holding, rung=Rung.NONE)
    sent(holding)
    until_morning(holding)
    holding.net.meddler = Trouble(after(told(503)))
    holding.deliver()
    assert owed(holding)[0].state is FilingState.PARKED
    look(holding, hours=1)

    assert (owed(holding)[0].state, owed(holding)[0].trouble) == (FilingState.FILED, None)


def test_on_the_last_rung_another_copy_takes_no_struck_ones_place(world: World) -> None:
    keep_rules(world, rung=Rung.NONE)
    filed(world)
    copy_of(world)
    (first, *_) = [one for one in documents(world) if one["id"] == owed(world)[0].document_id]
    world.records().update("DocumentReference", first["id"], first | {"status": "entered-in-error"})
    look(world, hours=1)

    assert owed(world)[0].trouble == "struck-there"


@pytest.mark.parametrize("named", [True, False])
def test_on_the_last_rung_a_late_copy_is_shown_and_never_struck(world: World, *, named: bool) -> None:
    """Nothing but its bytes tells it from ours, and a person may have filed it: so a person decides."""
    keep_rules(world, rung=Rung.NONE)
    filed(world)
    (there,) = documents(world)
    without = ("id", "meta") if named else ("id", "meta", "identifier", "masterIdentifier")
    world.records().create({name: value for name, value in there.items() if name not in without})
    look(world, hours=1)

    assert owed(world)[0].trouble == "several-there"
    assert owed(world)[0].document_id == there["id"]
    assert [one["status"] for one in every_document(world)] == ["current", "current"]
    with pytest.raises(NotYours):
        try_again(world.desk, CLINIC, owed(world)[0].id)


def test_on_the_last_rung_what_is_gone_is_missing(world: World) -> None:
    keep_rules(world, rung=Rung.NONE)
    filed(world)
    world.net.meddler = gone
    look(world, hours=1)

    assert owed(world)[0].trouble == "missing-there"


def test_on_the_last_rung_the_id_alone_tells_where_no_search_is_to_be_had(world: World) -> None:
    keep_rules(world, rung=Rung.NONE)
    filed(world)
    world.net.meddler = no_search
    look(world, hours=1)

    assert owed(world)[0].trouble is None
    assert owed(world)[0].looked_at is not None


def test_two_people_who_send_again_at_once_send_it_once(world: World) -> None:
    sent(world)
    world.net.meddler = Trouble(told(422), times=1)
    world.deliver()
    (refused,) = owed(world)
    try_again(world.desk, CLINIC, refused.id)
    world.deliver()
    assert owed(world)[0].state is FilingState.FILED

    with pytest.raises((ChangedElsewhere, NotYours)):
        try_again(world.desk, CLINIC, refused.id)


def test_while_the_record_system_is_silent_looks_are_put_off(world: World) -> None:
    filed(world)
    world.net.meddler = lambda request, carry: fails(httpx2.ConnectError)(carry)
    assert look(world, hours=1) == 0
    assert owed(world)[0].looked_at is None
    world.net.meddler = None
    assert look(world, minutes=16) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_while_the_record_system_asks_to_wait_nothing_is_looked_at(world: World, status: int) -> None:
    filed(world)
    busy = told(status, Retry_After="3000")
    world.net.meddler = lambda request, carry: busy(carry) if "/fhir/Doc" in request.url.path else carry()
    assert look(world, hours=1) == 0
    world.net.meddler = None
    assert look(world, minutes=49) == 0
    assert look(world, minutes=2) == 1


def test_what_was_entered_in_error_is_not_looked_for(world: World) -> None:
    app = writer(world)
    body, tag = made(world, app, "completed", encounter="six-done-1")
    world.deliver()
    put(app, body | {"status": "entered-in-error"}, tag)
    world.deliver()

    assert look(world, hours=25) == 0


def test_a_round_is_bounded(world: World) -> None:
    for number in range(1, 7):
        sent(world, number)
    assert AT_ONCE == 20
    delivered(world.desk)
    assert look(world, hours=1) == 6


@pytest.mark.parametrize("rung", list(Rung))
def test_on_every_rung_what_stands_there_is_no_trouble(world: World, rung: Rung) -> None:
    sent(on_any_rung(world))
    delivered(on_rung(world, rung))
    world.clock.pass_time(hours=1)
    assert look_after_filings(on_rung(world, rung), CLINIC) == 1

    assert (owed(world)[0].trouble, owed(world)[0].state) == (None, FilingState.FILED)


def test_each_look_is_remembered_as_a_read_and_they_grow_rare(world: World) -> None:
    """Rule 25: what we read of a patient there is a read, too."""
    sent(world)
    world.deliver()
    name = f"DocumentReference/{documents(world)[0]['id']}"
    for _ in range(30):
        look(world, hours=24.1)
    daily = [one for one in log(world) if (one.deed, one.what) == (Deed.READ, name)]
    assert len(daily) == 30
    assert {one.patient for one in daily} == {"patient-six-done"}

    for _ in range(14):
        look(world, hours=24.1)
    assert len([one for one in log(world) if (one.deed, one.what) == (Deed.READ, name)]) == 32
