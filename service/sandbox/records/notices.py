"""The notices that the record system owes its subscribers: noted in the transaction of the change they speak of.

They stand apart from the sending: a notice is owed once the change is committed, whatever happens then, and the
count of events goes on while a subscriber cannot be reached, so that it sees the gap.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from service.sandbox.records.refusals import Resource
from service.sandbox.records.subscription_shape import FOCUS, filters

Kind = Literal["handshake", "heartbeat", "event-notification", "query-status"]
Matches = Callable[[str, str, list[tuple[str, str]]], bool]
"""Type, id and search parameters in; whether the current version of that resource matches them all."""

COUNTED = ("requested", "active", "error")
OWED = ("requested", "active")


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one subscriber. `event` is the number of events so far, `instant` is in microseconds of UTC.

    An event has the bare id of its Encounter as `focus`, and `first` is 1 for that Encounter's first version, else 0.
    """

    number: int
    subscription: str
    kind: Kind
    event: int
    instant: int
    focus: str | None
    first: int


def note_event(sql: sqlite3.Connection, changed: Resource, instant: int, matches: Matches) -> bool:
    """Count the change for every subscriber it concerns, and owe it to those who are reached; whether any is.

    Runs inside the transaction of the change, after its index rows are written. A filter is asked of the new
    version alone.
    """
    if changed["resourceType"] != FOCUS:
        return False
    owed = False
    for subscription in _subscriptions(sql):
        wanted = all(matches(FOCUS, changed["id"], criteria) for criteria in filters(subscription))
        if subscription["status"] not in COUNTED or not wanted:
            continue
        sql.execute("UPDATE subscription SET events = events + 1 WHERE id = ?", (subscription["id"],))
        if subscription["status"] in OWED:
            first = changed["meta"]["versionId"] == "1"
            owe(sql, subscription["id"], "event-notification", instant, changed["id"], first)
            owed = True
    return owed


def owe(
    sql: sqlite3.Connection,
    subscription: str,
    kind: Kind,
    instant: int,
    focus: str | None = None,
    first: bool = False,
) -> None:
    """Put one notice at the end of the queue, with the subscriber's count as it is now."""
    sql.execute(
        "INSERT INTO notice (subscription, kind, event, instant, focus, first)"
        " SELECT id, ?, events, ?, ?, ? FROM subscription WHERE id = ?",
        (kind, instant, focus, first, subscription),
    )


def drop(sql: sqlite3.Connection, subscription: str) -> None:
    """Owe this subscriber nothing any more."""
    sql.execute("DELETE FROM notice WHERE subscription = ?", (subscription,))


def first_owed(sql: sqlite3.Connection) -> Notice | None:
    """The oldest notice that is owed to anybody."""
    row = sql.execute(
        "SELECT number, subscription, kind, event, instant, focus, first FROM notice ORDER BY number LIMIT 1"
    ).fetchone()
    return Notice(*row) if row else None


def _subscriptions(sql: sqlite3.Connection) -> list[Resource]:
    found = sql.execute(
        "SELECT body FROM current c JOIN subscription s ON c.type = 'Subscription' AND c.id = s.id"
    )
    return [json.loads(body) for (body,) in found]
