"""The Bundle that tells a subscriber what happened: R4 shape of the backport guide, ids only.

It stands apart from the sending so that the message can be read beside the guide's pages.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from service.sandbox.records.instants import instant_text
from service.sandbox.records.notices import Kind, Notice
from service.sandbox.records.refusals import Resource
from service.sandbox.records.subscription_shape import FOCUS, TOPIC

_PROFILES = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"


def notification(base_url: str, subscription: Resource, notice: Notice, now: datetime) -> Resource:
    """A Bundle of type history: the subscription's status first, then the changed Encounter by its address alone.

    `base_url` is the FHIR base, `subscription` the current version, `now` the instant of sending.
    """
    events = [_event(notice)] if notice.focus is not None else []
    status = status_parameters(subscription, notice.kind, notice.event, events)
    bundle: Resource = {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "meta": {"profile": [f"{_PROFILES}/backport-subscription-notification-r4"]},
        "type": "history",
        "timestamp": instant_text(now),
        "entry": [_status_entry(subscription["id"], status)],
    }
    if notice.focus is not None:
        bundle["entry"].append(_focus_entry(base_url, notice.focus, bool(notice.first)))
    return bundle


def status_parameters(
    subscription: Resource, kind: Kind, count: int, events: list[dict[str, Any]] | None = None
) -> Resource:
    """The guide's subscription status as an R4 Parameters resource; numbers are strings of 64-bit integers."""
    return {
        "resourceType": "Parameters",
        "id": str(uuid4()),
        "meta": {"profile": [f"{_PROFILES}/backport-subscription-status-r4"]},
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": f"Subscription/{subscription['id']}"}},
            {"name": "topic", "valueCanonical": TOPIC},
            {"name": "status", "valueCode": subscription["status"]},
            {"name": "type", "valueCode": kind},
            {"name": "events-since-subscription-start", "valueString": str(count)},
            *(events or []),
        ],
    }


def _event(notice: Notice) -> dict[str, Any]:
    happened = datetime.fromtimestamp(notice.instant / 1_000_000, UTC)
    return {
        "name": "notification-event",
        "part": [
            {"name": "event-number", "valueString": str(notice.event)},
            {"name": "timestamp", "valueInstant": instant_text(happened)},
            {"name": "focus", "valueReference": {"reference": f"{FOCUS}/{notice.focus}"}},
        ],
    }


def _status_entry(subscription: str, status: Resource) -> dict[str, Any]:
    return {
        "fullUrl": f"urn:uuid:{status['id']}",
        "resource": status,
        "request": {"method": "GET", "url": f"Subscription/{subscription}/$status"},
        "response": {"status": "200"},
    }


def _focus_entry(base_url: str, focus: str, first: bool) -> dict[str, Any]:
    return {
        "fullUrl": f"{base_url}/{FOCUS}/{focus}",
        "request": {"method": "PUT", "url": f"{FOCUS}/{focus}"},
        "response": {"status": "201" if first else "200"},
    }
