"""What a Subscription must say here, in the R4 shape of HL7's "Subscriptions R5 Backport" guide.

It stands apart from the keeping of subscriptions because it needs nothing but the resource: one topic, a rest-hook,
ids only. What would be understood differently from how it was meant is refused with 422, never ignored.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from authlib.common.security import is_secure_transport

from service.sandbox.records.paths import at
from service.sandbox.records.refusals import Refused, Resource

TOPIC = "http://maplegrove.example/SubscriptionTopic/encounter-changed"
FOCUS = "Encounter"
PAYLOAD = "application/fhir+json"
CONTENT = "id-only"
WANTED = ("requested", "off")
"""The only standings a client may ask for; `active` and `error` are the server's words (R4 Subscription.status)."""

_GUIDE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
_HEADER = re.compile(
    r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)", re.ASCII
)
# These say how this one message is sent, which is not the receiver's to decide.
_OURS = ("content-type", "content-length", "host", "connection", "transfer-encoding")

Headers = list[tuple[str, str]]


def check_shape(subscription: Resource) -> None:
    """Refuse with 422 what this record system would not do as asked. The resource has passed the structural checks."""
    if subscription["status"] not in WANTED:
        raise _refused("status", "A client asks for: requested, off.")
    if subscription["criteria"] != TOPIC:
        raise _refused("criteria", f"The only topic here is {TOPIC}.")
    if "end" in subscription:
        raise _refused("end", "A subscription lasts here until it is turned off; an end is not kept.")
    channel = subscription["channel"]
    if not isinstance(channel["endpoint"], str) or not is_secure_transport(channel["endpoint"]):
        raise _refused("channel.endpoint", "The endpoint must be https, or http on this computer.")
    if channel["payload"] != PAYLOAD or _extensions(channel, "_payload", "backport-payload-content") != [
        CONTENT
    ]:
        raise _refused("channel.payload", f"The payload must be {PAYLOAD} with the content {CONTENT}.")
    heartbeat_seconds(subscription)
    filters(subscription)


def parted(subscription: Resource) -> tuple[Resource, Headers | None]:
    """The Subscription as it is kept and shown, and the headers to send; None where it names none.

    The headers are the receiver's secret, so the resource is kept without them. `error` is the server's own word
    and is dropped from what a client sends.
    """
    bare = {name: value for name, value in subscription.items() if name != "error"}
    channel = bare.get("channel")
    if not isinstance(channel, dict) or "header" not in channel:
        return bare, None
    sent = channel["header"]
    if not isinstance(sent, list):
        raise Refused(400, "structure", "channel.header must be a list.", "Subscription.channel.header")
    bare["channel"] = {name: value for name, value in channel.items() if name not in ("header", "_header")}
    return bare, [_header(one) for one in sent]


def filters(subscription: Resource) -> list[list[tuple[str, str]]]:
    """The filter criteria as search parameters of Encounter; an event must satisfy every list."""
    found = _extensions(subscription, "_criteria", "backport-filter-criteria")
    return [_filter(text) for text in found]


def heartbeat_seconds(subscription: Resource) -> int | None:
    """After how many seconds of silence a heartbeat is asked for, or None."""
    found = _extensions(subscription["channel"], "", "backport-heartbeat-period")
    if not found:
        return None
    if len(found) > 1 or isinstance(found[0], bool) or not isinstance(found[0], int) or found[0] < 1:
        raise _refused("channel.extension", "The heartbeat period is one whole number of seconds.")
    seconds: int = found[0]
    return seconds


def _filter(text: Any) -> list[tuple[str, str]]:
    type_, _, query = text.partition("?") if isinstance(text, str) else ("", "", "")
    if type_ != FOCUS or not query:
        raise _refused("criteria.extension", f"A filter is written as {FOCUS}?parameter=value.")
    try:
        return parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    except ValueError as broken:
        raise _refused("criteria.extension", "A filter holds search parameters only.") from broken


def _extensions(holder: Resource, sibling: str, name: str) -> list[Any]:
    path = f"{sibling}.extension" if sibling else "extension"
    return [
        _value(one)
        for one in at(holder, path)
        if isinstance(one, dict) and one.get("url") == f"{_GUIDE}/{name}"
    ]


def _value(extension: Resource) -> Any:
    return next((value for name, value in extension.items() if name.startswith("value")), None)


def _header(text: Any) -> tuple[str, str]:
    match = _HEADER.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[1].lower() in _OURS:
        # The text itself stays out of the answer: it may hold the secret.
        raise _refused(
            "channel.header", "A header is written as Name: value, and may not say how it is sent."
        )
    return match[1], match[2]


def _refused(path: str, why: str) -> Refused:
    return Refused(422, "business-rule", why, f"Subscription.{path}")
