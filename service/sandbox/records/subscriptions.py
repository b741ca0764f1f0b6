"""Subscriptions as they are kept: whose they are, which headers they send, how many events they have had.

They stand apart from the other records because a Subscription changes without a client: the server makes it active
or sets it in error. Its headers are kept beside the resource, never in it, so no answer can show them.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field

from service.sandbox.records import notices
from service.sandbox.records.instants import micros
from service.sandbox.records.notices import Notice
from service.sandbox.records.refusals import Refused, Resource
from service.sandbox.records.store import Records, Written
from service.sandbox.records.structure import check
from service.sandbox.records.subscription_shape import (
    FOCUS,
    Headers,
    check_shape,
    filters,
    heartbeat_seconds,
    parted,
)


@dataclass(frozen=True, slots=True)
class Message:
    """A notice with all that is needed to send it. The headers hold a secret and stay out of every text."""

    notice: Notice
    subscription: Resource
    headers: Headers = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The subscriptions of one record system; safe to share between threads."""

    records: Records

    def create(self, resource: Resource, if_none_exist: str | None, client: str) -> Written:
        """Keep a client's new Subscription and owe it the handshake; refuses as `check_shape` says."""
        bare, headers = self._checked(resource)
        if bare["status"] != "requested":
            raise Refused(422, "business-rule", "A new subscription is requested.", "Subscription.status")

        def register(sql: sqlite3.Connection, kept: Resource) -> None:
            sql.execute(
                "INSERT INTO subscription (id, client, headers, events, said) VALUES (?, ?, ?, 0, ?)",
                (kept["id"], client, json.dumps(headers or []), self._now()),
            )
            notices.owe(sql, kept["id"], "handshake", self._now())

        return self._told(self.records.create(bare, if_none_exist, client, register))

    def update(self, id_: str, resource: Resource, if_match: str | None) -> Written:
        """Ask anew (`requested`: a new handshake) or turn off; what was owed before is dropped, and stays counted.

        Headers that are not sent again stay as they are: the client cannot have read them.
        """
        bare, headers = self._checked(resource)

        def renew(sql: sqlite3.Connection, kept: Resource) -> None:
            if headers is not None:
                sql.execute("UPDATE subscription SET headers = ? WHERE id = ?", (json.dumps(headers), id_))
            notices.drop(sql, id_)
            if kept["status"] == "requested":
                notices.owe(sql, id_, "handshake", self._now())

        return self._told(self.records.update("Subscription", id_, bare, if_match, renew))

    def events(self, id_: str) -> int:
        """How many events this subscription has had since it was made, delivered or not."""
        with self.records.reading() as sql:
            row = sql.execute("SELECT events FROM subscription WHERE id = ?", (id_,)).fetchone()
        return int(row[0])

    def owed(self) -> Message | None:
        """The oldest notice that has not been delivered, or None."""
        with self.records.reading() as sql:
            notice = notices.first_owed(sql)
            if notice is None:
                return None
            (kept,) = sql.execute(
                "SELECT headers FROM subscription WHERE id = ?", (notice.subscription,)
            ).fetchone()
            subscription = self.records.read("Subscription", notice.subscription)
        return Message(notice, subscription, [(name, value) for name, value in json.loads(kept)])

    def delivered(self, notice: Notice) -> None:
        """The subscriber took it; a handshake makes the subscription active."""
        with self.records.writing() as sql:
            if not _taken_out(sql, notice):
                # Turned off or asked anew while the message was on its way.
                return
            sql.execute("UPDATE subscription SET said = ? WHERE id = ?", (self._now(), notice.subscription))
            if notice.kind == "handshake":
                self._set(notice.subscription, status="active")

    def failed(self, notice: Notice, why: str) -> None:
        """The subscriber could not be reached: in error until it asks anew, and nothing more is owed to it."""
        with self.records.writing() as sql:
            if _taken_out(sql, notice):
                notices.drop(sql, notice.subscription)
                self._set(notice.subscription, status="error", error=why)

    def owe_heartbeats(self) -> float | None:
        """Owe a heartbeat to every active subscriber after its period of silence.

        The answer is the shortest period in seconds, or None where nobody asked for heartbeats.
        """
        with self.records.writing() as sql:
            periods = [
                self._beat(sql, *row) for row in sql.execute("SELECT id, said FROM subscription").fetchall()
            ]
        return min(filter(None, periods), default=None)

    def _beat(self, sql: sqlite3.Connection, id_: str, said: int) -> float | None:
        subscription = self.records.read("Subscription", id_)
        period = heartbeat_seconds(subscription)
        if period is None or subscription["status"] != "active":
            return None
        waiting = sql.execute("SELECT 1 FROM notice WHERE subscription = ?", (id_,)).fetchone()
        if not waiting and self._now() - said >= period * 1_000_000:
            notices.owe(sql, id_, "heartbeat", self._now())
        return period

    def _checked(self, resource: Resource) -> tuple[Resource, Headers | None]:
        bare, headers = parted(resource)
        check(bare)
        check_shape(bare)
        for criteria in filters(bare):
            try:
                self.records.check_criteria(FOCUS, criteria)
            except Refused as refused:
                raise Refused(422, refused.code, refused.diagnostics, "Subscription.criteria") from refused
        return bare, headers

    def _set(self, id_: str, **words: str) -> None:
        current = self.records.read("Subscription", id_)
        kept = {name: value for name, value in current.items() if name != "error"}
        self.records.next_version({**kept, **words})

    def _told(self, written: Written) -> Written:
        self.records.on_notice()
        return written

    def _now(self) -> int:
        return micros(self.records.clock())


def _taken_out(sql: sqlite3.Connection, notice: Notice) -> bool:
    return sql.execute("DELETE FROM notice WHERE number = ?", (notice.number,)).rowcount == 1
