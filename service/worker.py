"""The delivery worker: one thread per clinic, each asking for the next thing owed until there is none."""

import threading
from dataclasses import dataclass

import structlog

from service.journal.problems import TooBusy
from service.wiring import Wiring
from service.workflow.deliver_entry import deliver_next, forget_expired
from service.workflow.desk import Desk

IDLE_SECONDS = 0.5
_TIDY_EVERY = 600  # idle rounds: about five minutes
_log = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True)
class Workers:
    """The running delivery threads, and how to end them."""

    threads: tuple[threading.Thread, ...]
    ending: threading.Event

    def stop(self) -> None:
        """Finish the item in hand and end."""
        self.ending.set()
        for thread in self.threads:
            thread.join(timeout=30)


def start(wiring: Wiring) -> Workers:
    """Start delivering for every clinic, beside whatever else this process does."""
    ending = threading.Event()
    owner = wiring.desk.new_id()
    threads = tuple(
        threading.Thread(
            target=deliver_until, args=(wiring.desk, key, owner, ending), name=f"deliver-{key}", daemon=True
        )
        for key in wiring.desk.clinics
    )
    for thread in threads:
        thread.start()
    return Workers(threads, ending)


def deliver_until(desk: Desk, clinic: str, owner: str, ending: threading.Event) -> None:
    """Deliver what is due, one item after the other; sleep when there is nothing."""
    idle = 0
    while not ending.is_set():
        if _deliver_one(desk, clinic, owner):
            continue
        if idle % _TIDY_EVERY == 0:
            _tidy(desk)
        idle += 1
        ending.wait(IDLE_SECONDS)


def _tidy(desk: Desk) -> None:
    try:
        forget_expired(desk)
    except TooBusy:
        return


def _deliver_one(desk: Desk, clinic: str, owner: str) -> bool:
    try:
        return deliver_next(desk, clinic, owner)
    except TooBusy:
        return False
    except Exception as problem:
        # One bad item must not end the worker: its lease runs out and it is tried again, visibly.
        _log.error("delivery failed", kind=type(problem).__name__, clinic=clinic)
        return False
