"""Subscription notifications: the record system's word that an encounter changed (Subscriptions R5 Backport, R4 shape).

Read strictly, since anybody could knock; and only for whose turn it is to be looked at, never for content.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from service.r4.elements import Json, part, parts, reference, text, whole_number
from service.r4.encounter import id_of

_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9\-.]{1,64}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class Kind(StrEnum):
    """What a notification is sent for, in the codes of the backport's subscription-notification-type."""

    HANDSHAKE = "handshake"
    HEARTBEAT = "heartbeat"
    EVENT = "event-notification"
    QUERY_STATUS = "query-status"


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification. `subscription` is the reference as written, `events_so_far` counts since its start.

    `encounter_ids` are those it names as changed, each once, in its order; it may name none.
    """

    subscription: str
    kind: Kind
    events_so_far: int | None
    encounter_ids: tuple[str, ...]


def read_notification(value: Json) -> Notification:
    """The notification in a Bundle of type history whose first entry is the subscription's status; ValueError else.

    Encounters are taken from literal references alone; resources that came along are not looked at.
    """
    if value.get("resourceType") != "Bundle" or value.get("type") != "history":
        raise ValueError("not a notification Bundle")
    entries = parts(value, "entry")
    status = part(entries[0], "resource") if entries else {}
    if status.get("resourceType") != "Parameters":
        raise ValueError("the first entry is not the subscription's status")
    subscription = reference(_parameter(status, "subscription"), "valueReference")
    if not subscription:
        raise ValueError("no Subscription is named")
    return Notification(
        subscription=subscription,
        kind=Kind(text(_parameter(status, "type"), "valueCode") or ""),
        events_so_far=_count(_parameter(status, "events-since-subscription-start")),
        encounter_ids=_encounters(status, entries[1:]),
    )


def _parameter(status: Json, name: str) -> Json:
    """The parameter of this name; empty where there is none, ValueError where there are several."""
    found = [one for one in parts(status, "parameter") if one.get("name") == name]
    if len(found) > 1:
        raise ValueError(f"{name} stands twice")
    return found[0] if found else {}


def _count(parameter: Json) -> int | None:
    """A 64-bit number, which R4 writes as a string and early servers as a number; ValueError for anything else."""
    if not parameter:
        return None
    number = whole_number(parameter, "valueUnsignedInt")
    written = text(parameter, "valueString") if number is None else str(number)
    if written is None or not _NUMBER.fullmatch(written):
        raise ValueError("not a number of events")
    if int(written) >= 2**63:
        raise ValueError("not a 64-bit number")
    return int(written)


def _encounters(status: Json, entries: list[Json]) -> tuple[str, ...]:
    """Named as the focus of an event, or as the address of an entry."""
    events = (one for one in parts(status, "parameter") if one.get("name") == "notification-event")
    members = (member for event in events for member in parts(event, "part"))
    foci = [reference(one, "valueReference") for one in members if one.get("name") == "focus"]
    found = (id_of("Encounter", one) for one in (*foci, *(text(entry, "fullUrl") for entry in entries)))
    return tuple(dict.fromkeys(one for one in found if one and _ID.fullmatch(one)))
