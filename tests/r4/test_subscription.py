"""Notifications of the R4 backport: read strictly, and for addresses alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from service.r4.subscription import Kind, Notification, read_notification
from service.sandbox.records.notices import Notice
from service.sandbox.records.notification import notification as sandbox_notification

BASE = "https://ehr.example/fhir"


def event(focus: str | None, number: str = "7") -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": number},
        {"name": "timestamp", "valueInstant": "2026-11-20T20:00:00.000Z"},
    ]
    if focus is not None:
        parts.append({"name": "focus", "valueReference": {"reference": focus}})
    return {"name": "notification-event", "part": parts}


def status(
    *events: dict[str, Any], kind: str = "event-notification", count: Any = "7"
) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": "Subscription/s1"}},
        {"name": "topic", "valueCanonical": "https://ehr.example/topics/encounter-changed"},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": kind},
    ]
    if count is not None:
        parameters.append({"name": "events-since-subscription-start", "valueString": count})
    return [*parameters, *events]


def notification(parameters: list[dict[str, Any]], *entries: dict[str, Any]) -> dict[str, Any]:
    first = {
        "fullUrl": "urn:uuid:20f7e506-69ba-4895-b1f8-044dab538bc4",
        "resource": {"resourceType": "Parameters", "parameter": parameters},
        "request": {"method": "GET", "url": "Subscription/s1/$status"},
        "response": {"status": "200"},
    }
    return {
        "resourceType": "Bundle",
        "type": "history",
        "timestamp": "2026-11-20T20:00:01.000Z",
        "entry": [first, *entries],
    }


def entry(url: str, **more: Any) -> dict[str, Any]:
    request = {"method": "PUT", "url": "Encounter/x"}
    return {"fullUrl": url, "request": request, "response": {"status": "200"}, **more}


def test_a_changed_encounter_is_named() -> None:
    value = notification(status(event("Encounter/e1")), entry(f"{BASE}/Encounter/e1"))
    Bundle.model_validate(value)
    assert read_notification(value) == Notification("Subscription/s1", Kind.EVENT, 7, ("e1",))


@pytest.mark.parametrize("kind", ["handshake", "heartbeat", "query-status"])
def test_what_tells_of_no_event_names_nothing(kind: str) -> None:
    told = read_notification(notification(status(kind=kind, count="0")))
    assert (told.kind, told.events_so_far, told.encounter_ids) == (Kind(kind), 0, ())


def test_several_events_keep_their_order_and_stand_once() -> None:
    value = notification(
        status(event("Encounter/e2", "6"), event(f"{BASE}/Encounter/e1/_history/3"), event("Encounter/e2")),
        entry(f"{BASE}/Encounter/e3"),
        entry(f"{BASE}/Encounter/e1"),
    )
    assert read_notification(value).encounter_ids == ("e2", "e1", "e3")


def test_only_literal_references_to_encounters_count() -> None:
    others = ("Patient/p1", "urn:uuid:20f7e506-69ba-4895-b1f8-044dab538bc4", "Encounter?x=1", "e1", "#e1")
    hostile = (
        "Encounter/",
        "Encounter/..",
        "Encounter/.",
        "Encounter/a b",
        "Encounter/" + "a" * 65,
        "Encounter/é",
    )
    named = [event(one) for one in (*others, *hostile, None)]
    assert read_notification(notification(status(*named))).encounter_ids == ()


def test_a_resource_that_came_along_is_not_looked_at() -> None:
    """It may be anybody's, and in any state: the record system is asked instead."""
    came = {"resourceType": "Encounter", "id": "e9", "subject": {"reference": "Patient/p9"}}
    value = notification(status(event(None)), {"resource": came, "response": {"status": "200"}})
    assert read_notification(value).encounter_ids == ()


@pytest.mark.parametrize(
    ("written", "count"),
    [({"valueString": "9007199254740993"}, 9_007_199_254_740_993), ({"valueUnsignedInt": 12}, 12)],
)
def test_events_are_counted_in_64_bits_or_by_early_servers_in_fewer(
    written: dict[str, Any], count: int
) -> None:
    number = {"name": "events-since-subscription-start", **written}
    assert read_notification(notification([*status(count=None), number])).events_so_far == count


def test_what_the_sandbox_sends_is_understood() -> None:
    """Made by somebody else after the same pages."""
    subscription = {"resourceType": "Subscription", "id": "s1", "status": "active"}
    notice = Notice(1, "s1", "event-notification", 4, 1_790_000_000_000_000, "six-done-6", 0)
    value = sandbox_notification(BASE, subscription, notice, datetime(2026, 11, 20, tzinfo=UTC))
    assert read_notification(value) == Notification("Subscription/s1", Kind.EVENT, 4, ("six-done-6",))


def test_a_server_need_not_count() -> None:
    assert read_notification(notification(status(count=None))).events_so_far is None


Change = Callable[[dict[str, Any]], Any]
SPOILED: dict[str, Change] = {
    "another type": lambda value: value | {"resourceType": "Parameters"},
    "a searchset": lambda value: value | {"type": "searchset"},
    "no entries": lambda value: value | {"entry": []},
    "entries of another kind": lambda value: value | {"entry": "x"},
    "nothing": lambda value: {},
    "another first entry": lambda value: value | {"entry": value["entry"][::-1]},
    "R4B's own status": lambda value: (
        value | {"entry": [{"resource": {"resourceType": "SubscriptionStatus", "type": "handshake"}}]}
    ),
}


@pytest.mark.parametrize("spoil", list(SPOILED.values()), ids=list(SPOILED))
def test_what_is_no_notification_is_refused(spoil: Change) -> None:
    value = notification(status(event("Encounter/e1")), entry(f"{BASE}/Encounter/e1"))
    with pytest.raises(ValueError, match=r"notification|status"):
        read_notification(spoil(value))


@pytest.mark.parametrize(
    "parameters",
    [
        [one for one in status() if one["name"] != "subscription"],
        [one for one in status() if one["name"] != "type"],
        status(kind="shout"),
        status(count="many"),
        status(count="-1"),
        status(count="07"),
        status(count="9" * 20),
        status(count=7),
        [*status(), {"name": "events-since-subscription-start", "valueString": "8"}],
        [*status(), {"name": "type", "valueCode": "heartbeat"}],
        [{"name": "subscription", "valueReference": {"display": "ours"}}, *status()[1:]],
    ],
)
def test_a_status_that_can_be_read_in_two_ways_or_none_is_refused(parameters: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of its sentences
        read_notification(notification(parameters))
