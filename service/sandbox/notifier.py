"""Telling subscribers of changed Encounters: one thread, which begins with the first notice that is owed.

It stands apart from the records: nothing is sent while they are locked, and what is owed is in their file, so a
restart goes on where the last run ended. One running sandbox per folder is assumed.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading

import httpx2

from service.sandbox.config import SandboxConfig
from service.sandbox.records.notification import notification
from service.sandbox.records.subscriptions import Message, Subscriptions

PATIENCE = 10.0
"""Seconds that one try may take."""
AGAIN = 1.0
"""Seconds until the file is tried again after it was busy."""

_logger = logging.getLogger(__name__)


class Notifier:
    """Delivers what the subscriptions are owed, oldest first, each at most as often as the configuration says."""

    def __init__(
        self, config: SandboxConfig, subscriptions: Subscriptions, transport: httpx2.BaseTransport | None
    ) -> None:
        self._config = config
        self._subscriptions = subscriptions
        self._transport = transport
        self._turn = threading.Condition()
        self._thread: threading.Thread | None = None
        self._woken = False
        self._stopping = threading.Event()

    def wake(self) -> None:
        """Something is owed: go and deliver it. Returns at once."""
        with self._turn:
            if self._stopping.is_set():
                return
            self._woken = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
                self._thread.start()
            self._turn.notify_all()

    def wake_if_owed(self) -> None:
        """Go on with what an earlier run left behind; heartbeats too."""
        if self._subscriptions.owed() or self._subscriptions.owe_heartbeats():
            self.wake()

    def flush(self, timeout: float) -> bool:
        """Wait until nothing is owed any more, at most so many seconds; whether that came about."""
        self.wake()
        with self._turn:
            return self._turn.wait_for(
                lambda: not self._woken and self._subscriptions.owed() is None, timeout
            )

    def close(self) -> None:
        """End the thread; a message under way is finished first, what is still owed stays owed."""
        self._stopping.set()
        with self._turn:
            self._turn.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        # never through a proxy or a redirect: the endpoint itself has to answer
        with httpx2.Client(transport=self._transport, timeout=PATIENCE, trust_env=False) as http:
            while not self._stopping.is_set():
                with self._turn:
                    self._woken = False
                silence = self._deliver_all(http)
                with self._turn:
                    self._turn.notify_all()
                    self._turn.wait_for(lambda: self._woken or self._stopping.is_set(), silence)

    def _deliver_all(self, http: httpx2.Client) -> float | None:
        """Deliver what is owed; the answer is after how many seconds to look again even if nobody wakes us."""
        try:
            silence = self._subscriptions.owe_heartbeats()
            while not self._stopping.is_set() and (message := self._subscriptions.owed()) is not None:
                self._deliver(http, message)
        except sqlite3.OperationalError:
            # The file is busy; what is owed stays owed.
            _logger.warning("notifications wait: the record system can't write at the moment")
            return AGAIN
        return silence

    def _deliver(self, http: httpx2.Client, message: Message) -> None:
        refusal: str | None = None
        for pause in (0.0, *self._config.notification_pauses):
            if self._stopping.wait(pause):
                return
            refusal = self._send(http, message)
            if refusal is None:
                self._subscriptions.delivered(message.notice)
                return
        _logger.warning("Subscription/%s is in error: the endpoint %s", message.notice.subscription, refusal)
        self._subscriptions.failed(message.notice, f"The endpoint {refusal}.")

    def _send(self, http: httpx2.Client, message: Message) -> str | None:
        """One try; None when the endpoint took it, else what it did instead. Nothing of its answer is read."""
        body = notification(
            self._config.fhir_base, message.subscription, message.notice, self._config.clock()
        )
        headers = [("Content-Type", "application/fhir+json"), *message.headers]
        endpoint = message.subscription["channel"]["endpoint"]
        try:
            with http.stream("POST", endpoint, content=json.dumps(body).encode(), headers=headers) as answer:
                return None if answer.is_success else f"answered {answer.status_code}"
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return "could not be reached"
