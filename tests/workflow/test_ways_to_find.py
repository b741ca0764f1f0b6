"""Record systems that can do less, come late or fall silent: every infusion is found all the same (rules 7-9)."""

import json
from collections.abc import Callable
from datetime import timedelta

import httpx2
import pytest

from service.store import finding
from service.workflow.find_infusions import find_infusions
from tests.front_desk import FrontDesk
from tests.people import patient
from tests.workflow.courses import asked, living
from tests.workflow.filing import Carry, answer
from tests.world import CLINIC, JOURNAL, NOON, World, WorldWith

KNOWN, UNKNOWN = "patient-none-yet", "patient-next-planned"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECRET = "a-secret-that-both-sides-know"
POLLS_AND_HEARS = f'[clinic.{CLINIC}.finding]\npoll_minutes = 60\nnotify_secret_file = "notify"\n'
Meddler = Callable[[httpx2.Request, Carry], httpx2.Response]


def without(*names: str) -> Meddler:
    """The record system declares no such search parameters of Encounter, and refuses what it does not declare."""

    def meddle(request: httpx2.Request, carry: Carry) -> httpx2.Response:
        if request.url.path.endswith("/Encounter") and set(names) & set(request.url.params):
            return answer(400)
        said = carry()
        if not request.url.path.endswith("/metadata"):
            return said
        statement = json.loads(said.read())
        for one in statement["rest"][0]["resource"]:
            if one["type"] == "Encounter":
                one["searchParam"] = [found for found in one["searchParam"] if found["name"] not in names]
        return answer(200, json.dumps(statement).encode(), **{"content-type": "application/fhir+json"})

    return meddle


class Counted:
    """Notes how each search of visits was answered, on top of another meddler."""

    def __init__(self, under: Meddler) -> None:
        self._under = under
        self.statuses: list[int] = []

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        said = self._under(request, carry)
        if request.method == "GET" and request.url.path.endswith("/Encounter"):
            self.statuses.append(said.status_code)
        return said


def searches(world: World, word: str = "/Encounter?") -> list[str]:
    return [one for one in world.net.asked if word in one]


# --- what the record system offers --------------------------------------------------------------------------------


def test_without_a_search_by_change_known_patients_are_asked_for_one_by_one(world: World) -> None:
    patient(world, KNOWN)
    world.find(minutes=6)
    world.net.meddler = counted = Counted(without("_lastUpdated"))
    desk = FrontDesk(world)
    world.find(minutes=6)
    counted.statuses.clear()

    world.find(minutes=6)
    quiet = list(counted.statuses)
    infusion = desk.book(KNOWN, NOON - HOUR)
    counted.statuses.clear()
    world.find(minutes=6)

    assert set(quiet) == {304}
    assert sorted(counted.statuses)[:1] == [200]
    assert counted.statuses.count(200) == 1
    assert counted.statuses.count(304) == len(quiet) - 1
    assert living(world, KNOWN) == [(1, infusion, "requested")]


def test_without_a_search_by_change_somebody_never_seen_is_found_at_their_launch(world: World) -> None:
    world.net.meddler = without("_lastUpdated")
    infusion = FrontDesk(world).book(KNOWN, NOON - HOUR)

    world.find(minutes=6)
    assert asked(world, KNOWN) == []

    patient(world, KNOWN)
    assert asked(world, KNOWN) == [(1, infusion, "requested")]


def test_without_any_search_only_a_launch_finds_it(world: World) -> None:
    world.net.meddler = without("_lastUpdated", "patient")
    infusion = FrontDesk(world).book(KNOWN, NOON - HOUR)

    assert world.find(minutes=6) == 0
    assert searches(world) == []

    world.net.meddler = without("_lastUpdated")
    patient(world, KNOWN)
    assert asked(world, KNOWN) == [(1, infusion, "requested")]


# --- late, long, silent -------------------------------------------------------------------------------------------


class HiddenFor:
    """A commit that the search by change shows only later, though it is dated earlier."""

    def __init__(self, patient_id: str) -> None:
        self.patient_id = patient_id
        self.hides = True

    def __call__(self, request: httpx2.Request, carry: Carry) -> httpx2.Response:
        said = carry()
        if not (
            self.hides and request.url.path.endswith("/Encounter") and "_lastUpdated" in request.url.params
        ):
            return said
        bundle = json.loads(said.read())
        ours = f"Patient/{self.patient_id}"
        bundle["entry"] = [
            one for one in bundle.get("entry", []) if one["resource"]["subject"]["reference"] != ours
        ]
        return answer(200, json.dumps(bundle).encode(), **{"content-type": "application/fhir+json"})


def test_what_is_committed_late_is_found_within_the_overlap(world: World) -> None:
    world.find(minutes=6)
    world.net.meddler = hidden = HiddenFor(KNOWN)
    infusion = FrontDesk(world).book(KNOWN, NOON - HOUR)
    world.find(minutes=6)
    assert asked(world, KNOWN) == []

    hidden.hides = False
    world.find(minutes=3)

    assert asked(world, KNOWN) == [(1, infusion, "requested")]


def test_what_is_committed_later_than_that_is_found_by_the_daily_look(world: World) -> None:
    patient(world, KNOWN)
    world.find(minutes=6)
    world.net.meddler = hidden = HiddenFor(KNOWN)
    infusion = FrontDesk(world).book(KNOWN, NOON - HOUR)
    for _ in range(3):
        world.find(minutes=6)
    hidden.hides = False

    world.find(minutes=6)
    assert asked(world, KNOWN) == []
    world.find(minutes=25 * 60)
    assert asked(world, KNOWN) == [(1, infusion, "requested")]


def test_a_silent_record_system_is_asked_again_after_a_minute_and_nothing_is_lost(
    world_with: WorldWith,
) -> None:
    world = world_with(f"[clinic.{CLINIC}.finding]\npoll_minutes = 60\n")
    world.find(minutes=61)
    infusion = FrontDesk(world).book(KNOWN, NOON - HOUR)
    world.net.meddler = lambda request, carry: answer(503) if "/Encounter" in request.url.path else carry()
    world.clock.pass_time(minutes=61)
    assert find_infusions(world.desk, CLINIC, "worker") == 0
    tried = len(searches(world, "_lastUpdated"))

    world.find(minutes=0.5)
    assert len(searches(world, "_lastUpdated")) == tried
    world.net.meddler = None
    world.find(minutes=0.6)

    assert len(searches(world, "_lastUpdated")) == tried + 1
    assert asked(world, KNOWN) == [(1, infusion, "requested")]


def test_silence_between_knowing_who_and_reading_what_is_caught_up(world: World) -> None:
    """It said who changed, and then nothing of their visits: the look stays owed, and is made a minute later."""
    world.find(minutes=6)
    infusion = FrontDesk(world).book(KNOWN, NOON - HOUR)
    world.net.meddler = lambda request, carry: (
        answer(503) if request.url.params.get("patient") == KNOWN else carry()
    )
    world.find(minutes=6)
    assert asked(world, KNOWN) == []

    world.net.meddler = None
    world.find(minutes=1.1)

    assert asked(world, KNOWN) == [(1, infusion, "requested")]


def test_one_patient_whose_visits_cannot_be_read_holds_up_nobody(world: World) -> None:
    desk = FrontDesk(world)
    world.find(minutes=6)
    desk.book(UNKNOWN, NOON - HOUR)
    infusion = desk.book(KNOWN, NOON - HOUR)
    world.net.meddler = lambda request, carry: (
        answer(422) if request.url.params.get("patient") == UNKNOWN else carry()
    )

    world.find(minutes=6)

    assert living(world, KNOWN) == [(1, infusion, "requested")]


def test_a_hundred_and_more_visits_are_read_page_by_page(world: World) -> None:
    desk = FrontDesk(world)
    for number in range(105):
        desk.book(KNOWN, NOON - (number + 2) * DAY)

    world.find(minutes=6)

    assert [number for number, _, _ in asked(world, KNOWN)] == list(range(1, 106))
    pages = [
        one for one in searches(world) if f"patient={KNOWN}" in one or "page" in one or "_getpages" in one
    ]
    assert len(pages) >= 2


# --- notifications ------------------------------------------------------------------------------------------------


@pytest.fixture
def hearing(world_with: WorldWith) -> World:
    world = world_with(POLLS_AND_HEARS, notify=SECRET)
    FrontDesk(world).subscribe(f"{JOURNAL}/{CLINIC}/fhir/notifications", f"Authorization: Bearer {SECRET}")
    FrontDesk(world).told_all()
    world.find(minutes=61)
    return world


def notify(world: World, number: int, *encounters: str, kind: str = "event-notification") -> httpx2.Response:
    """A notification as the record system writes it, from somebody who knows the secret."""
    status = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": "Subscription/one"}},
            {"name": "status", "valueCode": "active"},
            {"name": "type", "valueCode": kind},
            {"name": "events-since-subscription-start", "valueString": str(number)},
            {
                "name": "notification-event",
                "part": [
                    {"name": "event-number", "valueString": str(number)},
                    *[
                        {"name": "focus", "valueReference": {"reference": f"Encounter/{one}"}}
                        for one in encounters
                    ],
                ],
            },
        ],
    }
    bundle = {"resourceType": "Bundle", "type": "history", "entry": [{"resource": status}]}
    with httpx2.Client(transport=world.browser_network(), trust_env=False) as http:
        return http.post(
            f"{JOURNAL}/{CLINIC}/fhir/notifications",
            content=json.dumps(bundle).encode(),
            headers={"Content-Type": "application/fhir+json", "Authorization": f"Bearer {SECRET}"},
        )


def test_an_encounter_that_nobody_knows_costs_one_look_and_answers_alike(hearing: World) -> None:
    infusion = FrontDesk(hearing).book(KNOWN, NOON - HOUR)
    FrontDesk(hearing).told_all()
    hearing.find()
    number = finding.finding_of(hearing.desk.store, CLINIC)
    assert number is not None
    assert number.last_event is not None

    unknown = notify(hearing, number.last_event + 1, "no-such-visit")
    known = notify(hearing, number.last_event + 2, infusion)
    hearing.find()

    assert (unknown.status_code, unknown.content) == (known.status_code, known.content)
    assert finding.take_notices(hearing.desk.store, CLINIC, 10) == ()
    assert len(searches(hearing, "/Encounter/no-such-visit")) == 1
    assert living(hearing, KNOWN) == [(1, infusion, "requested")]


@pytest.mark.parametrize("status", [403, 422, 200])
def test_a_visit_that_cannot_be_read_holds_up_nothing(hearing: World, status: int) -> None:
    """Forbidden, broken or of nobody: the notice goes, and polling and other notices go on."""
    hearing.net.meddler = lambda request, carry: (
        answer(status, b"{}") if request.url.path.endswith("/Encounter/broken") else carry()
    )
    notify(hearing, 1, "broken")
    infusion = FrontDesk(hearing).book(KNOWN, NOON - HOUR)
    FrontDesk(hearing).told_all()

    hearing.find()

    assert finding.take_notices(hearing.desk.store, CLINIC, 10) == ()
    assert living(hearing, KNOWN) == [(1, infusion, "requested")]


def test_while_the_record_system_is_silent_notices_stay_noted(hearing: World) -> None:
    infusion = FrontDesk(hearing).book(KNOWN, NOON - HOUR)
    FrontDesk(hearing).told_all()
    hearing.net.meddler = lambda request, carry: answer(503)
    hearing.find()
    assert [one.encounter_id for one in finding.take_notices(hearing.desk.store, CLINIC, 10)] == [infusion]

    hearing.net.meddler = None
    hearing.find(minutes=2)

    assert finding.take_notices(hearing.desk.store, CLINIC, 10) == ()
    assert living(hearing, KNOWN) == [(1, infusion, "requested")]


def test_a_gap_in_the_numbers_of_events_asks_for_everything_at_once(hearing: World) -> None:
    """One notification never arrived; the next poll would be due in an hour."""
    notify(hearing, 5)
    hearing.find()
    polls = len(searches(hearing, "_lastUpdated"))
    notify(hearing, 6, "no-such-visit")
    hearing.find()
    assert len(searches(hearing, "_lastUpdated")) == polls

    notify(hearing, 9, "no-such-visit")
    hearing.find()

    assert len(searches(hearing, "_lastUpdated")) == polls + 1


def test_a_subscription_begun_anew_counts_anew_and_its_gaps_are_seen(hearing: World) -> None:
    notify(hearing, 900)
    hearing.find()

    notify(hearing, 0, kind="handshake")
    notify(hearing, 1, "no-such-visit")
    hearing.find()
    polls = len(searches(hearing, "_lastUpdated"))
    notify(hearing, 4, "no-such-visit")
    hearing.find()

    assert len(searches(hearing, "_lastUpdated")) == polls + 1
