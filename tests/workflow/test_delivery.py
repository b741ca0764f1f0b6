"""From "sent" to "in your record": one document for one entry, or a state that says why not (rules 19 to 22)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from service.ehr.outcome import Rung
from service.journal.entries import Filing, FilingState
from service.store import filings
from service.summary.content import CannotRender
from service.summary.problems import Cause
from service.workflow.deliver_entry import LEASE, deliver_next, take_over
from service.workflow.desk import Desk
from tests.factories import response
from tests.people import app_of, clinician, patient
from tests.workflow.contexts import as_patient
from tests.world import CLINIC, EHR, World

Carry = Callable[[], httpx2.Response]
NAME = "patient-six-done"


def sent(world: World, number: int = 1) -> None:
    """One entry, sent by the patient's own app: the quickest way there is."""
    answer = app_of(world).post(
        "QuestionnaireResponse", response(world, number, encounter=f"six-done-{number}")
    )
    assert answer.status_code == 201, answer.text


def owed(world: World) -> list[Filing]:
    return filings.of_patient(world.desk.store, as_patient(), NAME)


def documents(world: World) -> list[dict[str, Any]]:
    """What the record system really holds."""
    found: list[dict[str, Any]] = world.records().search("DocumentReference", []).resources
    return found


def on_rung(world: World, rung: Rung) -> Desk:
    """The desk of a clinic whose record system stands on this rung."""
    clinic = world.desk.clinics[CLINIC]
    changed = replace(clinic, filing=replace(clinic.filing, rung=rung))
    return replace(world.desk, clinics=dict(world.desk.clinics) | {CLINIC: changed})


def until_quiet(world: World, desk: Desk | None = None, days: float = 2) -> int:
    """Deliver for so long, as time goes by; how many attempts were made."""
    attempts, end = 0, world.clock() + timedelta(days=days)
    while world.clock() < end:
        while deliver_next(desk or world.desk, CLINIC, "worker"):
            attempts += 1
        world.clock.pass_time(minutes=10)
        if owed(world)[0].state is not FilingState.DUE:
            break
    return attempts


class Trouble:
    """Stands on the wire and spoils the first so many writes of a document."""

    def __init__(self, spoil: Callable[[Carry], httpx2.Response], times: int = 1) -> None:
        self._spoil = spoil
        self.left = times
        self.writes = 0

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.method != "POST" or not request.url.path.endswith("/DocumentReference"):
            return carry()
        self.writes += 1
        if self.left == 0:
            return carry()
        self.left -= 1
        return self._spoil(carry)


def told(status: int, **headers: str) -> Callable[[Carry], httpx2.Response]:
    """This answer instead of the record system's."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda carry: answer(status, b"", **named)


def answer(status: int, body: bytes = b"", **headers: str) -> httpx2.Response:
    """As a transport gives it: not read yet."""
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(body))


def after(spoil: Callable[[Carry], httpx2.Response]) -> Callable[[Carry], httpx2.Response]:
    """The record system carries it out, and then this is what comes back."""

    def both(carry: Carry) -> httpx2.Response:
        carry()
        return spoil(carry)

    return both


def fails(error: type[httpx2.TransportError]) -> Callable[[Carry], httpx2.Response]:
    def broken(carry: Carry) -> httpx2.Response:
        raise error("on the wire")

    return broken


HEALING = {
    "503 before it was written": told(503),
    "503 after it was written": after(told(503)),
    "500 after it was written": after(told(500)),
    "502 from a proxy": told(502),
    "504 after it was written": after(told(504)),
    "not connected": fails(httpx2.ConnectError),
    "no connection in time": fails(httpx2.ConnectTimeout),
    "cut before the answer": fails(httpx2.ReadError),
    "cut after it was written": after(fails(httpx2.ReadError)),
    "no answer in time": fails(httpx2.ReadTimeout),
    "no answer in time, but written": after(fails(httpx2.ReadTimeout)),
    "half an answer, but written": after(fails(httpx2.RemoteProtocolError)),
    "a redirect": told(307, location="https://evil.example/"),
    "a redirect after it was written": after(told(302, location="/elsewhere")),
    "408 after it was written": after(told(408)),
    "429": told(429, Retry_After="30"),
    "200 and no word of it, but written": after(told(200)),
    "201 at another place, but written": after(told(201, location=f"{EHR}/fhir/Patient/1")),
    "an answer that is no JSON, but written": after(lambda _: answer(201, b"<html>ok</html>")),
}


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


def test_a_worker_that_died_in_the_middle_leaves_one_document(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was written there, and nobody wrote that down here: the lease ends, and the next worker finds it."""

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    sent(world)
    with monkeypatch.context() as patch:
        patch.setattr("service.workflow.deliver_entry._settle", killed)
        with pytest.raises(Killed):
            world.deliver()
    assert len(documents(world)) == 1
    assert owed(world)[0].state is FilingState.DUE
    assert world.deliver() == 0  # the dead worker's lease still runs

    world.clock.pass_time(seconds=LEASE.total_seconds() + 1)
    assert world.deliver(owner="another") == 1

    assert owed(world)[0].state is FilingState.FILED
    assert len(documents(world)) == 1


def test_on_a_rung_that_searches_a_dead_workers_send_is_waited_out_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It died between sending and knowing: the lease ends long before the record system may have written."""

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    sent(world)
    desk = on_rung(world, Rung.SEARCH)
    world.net.meddler = trouble = Trouble(fails(httpx2.ReadTimeout))
    with monkeypatch.context() as patch:
        patch.setattr("service.workflow.deliver_entry._settle", killed)
        with pytest.raises(Killed):
            deliver_next(desk, CLINIC, "dead")

    for _ in range(15):
        world.clock.pass_time(minutes=1)
        deliver_next(desk, CLINIC, "next")
    assert trouble.writes == 1
    world.clock.pass_time(minutes=2)
    deliver_next(desk, CLINIC, "next")
    assert trouble.writes == 2
    assert owed(world)[0].state is FilingState.FILED


def test_the_one_process_that_starts_anew_waits_for_no_dead_lease(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(world)
    with monkeypatch.context() as patch:
        patch.setattr("service.workflow.deliver_entry._deliver", lambda work: None)
        assert deliver_next(world.desk, CLINIC, "dead")

    take_over(world.desk)

    assert world.deliver(owner="anew") == 1
    assert owed(world)[0].state is FilingState.FILED


def test_two_workers_on_one_entry_make_one_document(world: World) -> None:
    sent(world)

    with ThreadPoolExecutor(4) as pool:
        worked = list(pool.map(lambda n: deliver_next(world.desk, CLINIC, f"worker-{n}"), range(4)))

    assert worked.count(True) == 1
    assert len(documents(world)) == 1


def test_four_workers_file_many_entries_once_each(world: World) -> None:
    for number in range(1, 7):
        sent(world, number)
        other = response(world, number, "patient-eight-done", f"eight-done-{number}")
        assert app_of(world, "patient-eight-done").post("QuestionnaireResponse", other).status_code == 201

    def work(number: int) -> None:
        idle = 0
        while idle < 5:
            idle = 0 if deliver_next(world.desk, CLINIC, f"worker-{number}") else idle + 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    world.deliver()

    names = [one["masterIdentifier"]["value"] for one in documents(world)]
    assert len(names) == len(set(names)) == 12
    assert {filing.state for filing in owed(world)} == {FilingState.FILED}


def test_a_worker_whose_lease_ran_out_writes_nothing_down(world: World) -> None:
    """It slept through its lease inside the attempt; another filed meanwhile; its own word counts no more."""
    sent(world)

    def slow(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        said = carry()
        if request.method == "POST" and request.url.path.endswith("/DocumentReference"):
            world.net.meddler = None
            world.clock.pass_time(seconds=LEASE.total_seconds() + 1)
            assert deliver_next(world.desk, CLINIC, "quick")
        return said

    world.net.meddler = slow
    assert deliver_next(world.desk, CLINIC, "slow")

    assert len(documents(world)) == 1
    assert owed(world)[0].state is FilingState.FILED
    assert not deliver_next(world.desk, CLINIC, "slow")


def test_what_is_sent_again_is_the_same_to_the_byte(world: World) -> None:
    """The PDF is made once and kept (W-01)."""
    sent(world)
    bodies: list[bytes] = []

    def note(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.method == "POST" and request.url.path.endswith("/DocumentReference"):
            bodies.append(request.content)
            if len(bodies) == 1:
                return answer(503)
        return carry()

    world.net.meddler = note
    until_quiet(world)

    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


def test_a_summary_that_cannot_be_made_now_is_tried_again(world: World) -> None:
    sent(world)
    times = iter([Cause.BUSY])

    def render(summary: Any) -> bytes:
        for cause in times:
            raise CannotRender(cause)
        return world.desk.render(summary)

    until_quiet(world, replace(world.desk, render=render))

    assert owed(world)[0].state is FilingState.FILED
    assert owed(world)[0].attempts == 1


def test_a_patient_whom_the_record_system_knows_no_more_is_for_a_person(world: World) -> None:
    sent(world)

    def gone(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        return answer(410) if "/Patient/" in request.url.path else carry()

    world.net.meddler = gone
    world.deliver()

    assert (owed(world)[0].state, owed(world)[0].reason) == (FilingState.REFUSED, "target")


def test_after_a_week_of_silence_a_person_is_asked(world: World) -> None:
    sent(world)
    world.servers.pop(EHR)
    attempts = until_quiet(world, days=9)

    assert (owed(world)[0].state, owed(world)[0].reason) == (FilingState.PARKED, "given-up")
    assert attempts > 100
    # Never more often than the back-off allows: a quarter of an hour at most, by chance half of it.
    assert attempts < 9 * 24 * 60


def test_nothing_of_one_patient_waits_for_anothers_trouble(world: World) -> None:
    sent(world)
    other = response(world, 1, "patient-two-in", "two-in-1")
    app_of(world, "patient-two-in").post("QuestionnaireResponse", other)

    def only_hers(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        return answer(503) if "patient-six-done" in str(request.url) else carry()

    world.net.meddler = only_hers
    world.deliver()

    assert [one["subject"]["reference"] for one in documents(world)] == ["Patient/patient-two-in"]


def test_the_filed_document_says_whose_it_is_by_whom_and_about_which_infusion(world: World) -> None:
    sent(world)
    world.deliver()

    (filed,) = documents(world)
    assert filed["subject"] == filed["author"][0] == {"reference": f"Patient/{NAME}"}
    assert filed["context"]["encounter"] == [{"reference": "Encounter/six-done-1"}]
    assert filed["meta"]["security"][0]["code"] == "PATAST"
    assert filed["type"]["coding"][0]["code"] == "74465-6"
    assert filed["masterIdentifier"]["value"] == owed(world)[0].version_identifier
