"""What the record system lets its own staff and backend clients do through the API, with real tokens."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.front_desk import FrontDesk, Resource
from tests.sandbox.receiver import Receiver
from tests.world import NOON, World, rendering_child, template, world

__all__ = ["rendering_child", "template", "world"]

PATIENT, OTHER = "patient-two-in", "patient-six-done"
START = NOON - timedelta(hours=5)
KEY = "urn:uuid:22222222-2222-4222-8222-222222222222"


@pytest.fixture
def desk(world: World) -> FrontDesk:
    return FrontDesk(world)


def document(of: str = PATIENT, **more: Any) -> Resource:
    data = base64.b64encode(b"%PDF-1.7 a summary").decode()
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "74465-6"}]},
        "category": [{"text": "Clinical note"}],
        "subject": {"reference": f"Patient/{of}"},
        "content": [{"attachment": {"contentType": "application/pdf", "data": data}}],
        **more,
    }


def replacing(id_: str) -> Resource:
    return {"relatesTo": [{"code": "replaces", "target": {"reference": f"DocumentReference/{id_}"}}]}


def test_a_visit_is_booked_changed_and_ended(desk: FrontDesk) -> None:
    visit = desk.book(PATIENT, START, minutes=None, status="in-progress")
    assert desk.read("Encounter", visit)["period"] == {"start": START.isoformat()}
    closed = desk.close(visit, START + timedelta(minutes=50))
    assert closed["status"] == "finished"
    assert closed["period"] == {
        "start": START.isoformat(),
        "end": (START + timedelta(minutes=50)).isoformat(),
    }
    assert closed["meta"]["versionId"] == "2"
    found = desk.search("Encounter", patient=PATIENT, type="ketamine-iv-infusion", _count="1")
    assert visit in {one["id"] for one in found}
    assert len(found) == 3


def test_a_visits_status_goes_any_way(desk: FrontDesk) -> None:
    """R4 leaves the transitions of Encounter.status free."""
    visit = desk.book(PATIENT, START, status="planned")
    assert desk.cancel(visit)["status"] == "cancelled"
    for status in ("arrived", "onleave", "finished", "in-progress"):
        assert desk.change(visit, status=status)["status"] == status
    assert desk.mark_wrong(visit)["status"] == "entered-in-error"
    assert desk.change(visit, status="finished", period=None).keys().isdisjoint({"period"})


def test_what_stands_around_a_visit_is_kept_up(desk: FrontDesk) -> None:
    episode = desk.episode(PATIENT, start=START.date())
    appointment = desk.appointment(PATIENT, START)
    visit = desk.book(
        PATIENT,
        START,
        episodeOfCare=[{"reference": f"EpisodeOfCare/{episode}"}],
        appointment=[{"reference": f"Appointment/{appointment}"}],
    )
    given = desk.procedure(PATIENT, visit)
    drug = desk.administration(PATIENT, visit, START)
    period = {"start": START.date().isoformat(), "end": NOON.date().isoformat()}
    assert desk.put("EpisodeOfCare", episode, status="finished", period=period)["period"] == period
    assert desk.put("Appointment", appointment, status="fulfilled")["meta"]["versionId"] == "2"
    assert desk.put("Procedure", given, status="entered-in-error")["status"] == "entered-in-error"
    assert desk.put("MedicationAdministration", drug, status="stopped")["status"] == "stopped"
    assert [one["id"] for one in desk.search("Procedure", encounter=visit)] == [given]
    assert [one["id"] for one in desk.search("MedicationAdministration", context=visit)] == [drug]
    assert [one["id"] for one in desk.search("Encounter", episode_of_care=episode)] == [visit]
    fulfilled = desk.search("Appointment", patient=PATIENT, status="fulfilled", date=f"{START:%Y-%m-%d}")
    assert appointment in {one["id"] for one in fulfilled}


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.book("nobody", START),
        lambda desk: desk.book(PATIENT, START, status="ended"),
        lambda desk: desk.book(PATIENT, START, partOf={"reference": "Encounter/six-done-1"}),
        lambda desk: desk.procedure(OTHER, "two-in-1"),
        lambda desk: desk.administration(OTHER, "two-in-1", START),
        lambda desk: desk.change("two-in-1", subject={"reference": f"Patient/{OTHER}"}),
    ],
)
def test_what_belongs_to_somebody_else_is_refused_and_the_desk_says_so(
    desk: FrontDesk, act: Callable[[FrontDesk], object]
) -> None:
    with pytest.raises(AssertionError, match="422"):
        act(desk)


def test_a_change_rests_on_the_version_that_was_read(desk: FrontDesk) -> None:
    visit = desk.book(PATIENT, START)
    kept = desk.read("Encounter", visit)
    desk.cancel(visit)
    stale = desk.ask("PUT", f"Encounter/{visit}", json=kept, headers={"If-Match": 'W/"1"'})
    assert stale.status_code == 412


def test_the_desk_works_in_both_houses_and_as_long_as_the_day(world: World) -> None:
    here, there = FrontDesk(world), FrontDesk(world, "cedar-hill")
    first = here.book(PATIENT, START)
    assert there.get(f"Encounter/{first}").status_code == 404
    world.clock.pass_time(hours=9)
    assert here.cancel(first)["status"] == "cancelled"


def test_a_document_replaces_another_and_the_old_one_is_superseded_by_hand(desk: FrontDesk) -> None:
    """The record system does not supersede by itself: the client that replaces says so."""
    old = desk.create(document())
    new = desk.create(document(**replacing(old)))
    assert desk.read("DocumentReference", old)["status"] == "current"
    assert [one["id"] for one in desk.documents(PATIENT, relatesto=old)] == [new]
    kept = desk.read("DocumentReference", old)
    superseded = {**kept, "status": "superseded"}
    stale = desk.ask("PUT", f"DocumentReference/{old}", json=superseded, headers={"If-Match": 'W/"2"'})
    right = desk.ask("PUT", f"DocumentReference/{old}", json=superseded, headers={"If-Match": 'W/"1"'})
    assert (stale.status_code, right.status_code, right.headers["ETag"]) == (412, 200, 'W/"2"')
    assert {one["id"]: one["status"] for one in desk.documents(PATIENT)} == {
        old: "superseded",
        new: "current",
    }


@pytest.mark.parametrize("target", ["not-there", "of-another"])
def test_a_document_replaces_only_what_is_there_and_the_patients_own(desk: FrontDesk, target: str) -> None:
    id_ = desk.create(document(OTHER)) if target == "of-another" else target
    answer = desk.ask("POST", "DocumentReference", json=document(**replacing(id_)))
    assert (answer.status_code, answer.json()["resourceType"]) == (422, "OperationOutcome")
    assert desk.documents(PATIENT) == []


def test_a_task_is_made_once_by_its_identifier_and_then_kept_up(desk: FrontDesk) -> None:
    task = {
        "resourceType": "Task",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": KEY}],
        "status": "requested",
        "intent": "order",
        "for": {"reference": f"Patient/{PATIENT}"},
    }
    once = {"If-None-Exist": f"identifier=urn:ietf:rfc:3986|{KEY}"}
    first, again = (desk.ask("POST", "Task", json=task, headers=once) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Location"] == first.headers["Location"]
    assert desk.put("Task", first.json()["id"], status="completed")["meta"]["versionId"] == "2"
    third = desk.ask("POST", "Task", json=task, headers=once)
    assert (third.status_code, third.json()["status"]) == (200, "completed")
    assert len(desk.search("Task", identifier=KEY)) == 1


def test_changed_visits_are_told_to_an_endpoint_in_this_process(world: World, desk: FrontDesk) -> None:
    receiver = Receiver()
    world.servers["http://127.0.0.1:8079"] = receiver
    desk.subscribe("http://127.0.0.1:8079/told", "Authorization: Bearer a-secret")
    visit = desk.book(PATIENT, START)
    desk.cancel(visit)
    desk.told_all()
    assert [one.status["type"] for one in receiver.told] == ["handshake", *["event-notification"] * 2]
    assert [(one.number, one.focus) for one in receiver.events] == [
        (1, f"Encounter/{visit}"),
        (2, f"Encounter/{visit}"),
    ]
    assert receiver.told[0].headers["Authorization"] == "Bearer a-secret"


def test_the_page_of_a_search_that_has_not_changed_is_not_sent_again(desk: FrontDesk) -> None:
    page = desk.get(f"Encounter?patient={PATIENT}")
    tag = page.headers["ETag"]
    assert tag.startswith('W/"')
    same = desk.get(f"Encounter?patient={PATIENT}", **{"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    desk.book(OTHER, datetime(2026, 11, 19, 18, 0, tzinfo=UTC))
    assert desk.get(f"Encounter?patient={PATIENT}", **{"If-None-Match": tag}).status_code == 304
    desk.change("two-in-1", status="onleave")
    changed = desk.get(f"Encounter?patient={PATIENT}", **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
