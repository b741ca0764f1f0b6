"""The worker: for each clinic one thread that delivers what is owed, one that looks for new infusions, and one that
looks again at what was filed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from service.journal.problems import TooBusy
from service.wiring import Wiring
from service.workflow.clock_watch import ClockWatch
from service.workflow.deliver_entry import deliver_next, forget_expired
from service.workflow.desk import Desk
from service.workflow.find_infusions import find_infusions
from service.workflow.hand_over_tasks import hand_over_tasks
from service.workflow.look_after_filings import look_after_filings
from service.workflow.look_after_tasks import look_after_tasks
from service.workflow.release_entries import release_entries
from service.workflow.watch_clock import watch_clock
from service.workflow.watch_rights import RightsWatch, watch_rights

IDLE_SECONDS = 0.5
FIND_SECONDS = 2.0
_STOPS_WITHIN = 24.0
LOOK_SECONDS = 30.0
_TIDY_EVERY = 600  # idle rounds: about five minutes
_log = structlog.get_logger("worker")

Round = Callable[[Desk, str, str], bool]


@dataclass(frozen=True, slots=True)
class Workers:
    """The running threads, and how to end them."""

    threads: tuple[threading.Thread, ...]
    ending: threading.Event

    def stop(self) -> None:
        """Finish the items in hand and end; what takes longer than all may together is cut off, as by a crash (F6)."""
        self.ending.set()
        for thread in self.threads:
            thread.join(timeout=_STOPS_WITHIN / len(self.threads))


def start(wiring: Wiring) -> Workers:
    """Start delivering and looking for every clinic, beside whatever else this process does."""
    for key, sentences in wiring.cautions.items():
        for sentence in sentences:
            _log.warning("filing does not go as it was meant", why=sentence, clinic=key)
    ending = threading.Event()
    owner = wiring.desk.new_id()
    threads = tuple(
        threading.Thread(
            target=until, args=(ending, wiring.desk, key, owner), name=f"{name}-{key}", daemon=True
        )
        for key in wiring.desk.clinics
        for name, until in (("deliver", deliver_until), ("find", find_until), ("look", look_until))
    )
    for thread in threads:
        thread.start()
    return Workers(threads, ending)


def deliver_until(ending: threading.Event, desk: Desk, clinic: str, owner: str) -> None:
    """Deliver what is due, one item after the other; sleep when there is nothing."""
    idle, clock, tidy = 0, _clock_watched(ClockWatch()), _tidied(RightsWatch())
    while not ending.is_set():
        _safely(clock, desk, clinic, owner)
        if _safely(deliver_next, desk, clinic, owner):
            continue
        if idle % _TIDY_EVERY == 0:
            _safely(tidy, desk, clinic, owner)
        idle += 1
        ending.wait(IDLE_SECONDS)


def find_until(ending: threading.Event, desk: Desk, clinic: str, owner: str) -> None:
    """Look for new infusions, follow up releases, hand over what was assigned, again and again."""
    while not ending.is_set():
        if not _safely(_find, desk, clinic, owner):
            ending.wait(FIND_SECONDS)


def look_until(ending: threading.Event, desk: Desk, clinic: str, owner: str) -> None:
    """Look again at what was filed, some at a time, so that deliveries never wait for it."""
    while not ending.is_set():
        if not _safely(_look, desk, clinic, owner):
            ending.wait(LOOK_SECONDS)


def _clock_watched(watch: ClockWatch) -> Round:
    def watch_the_clock(desk: Desk, clinic: str, owner: str) -> bool:  # noqa: ARG001 - one shape for every round
        seconds = watch_clock(desk, clinic, watch)
        if seconds:
            _log.warning("the clock was set", seconds=round(seconds), clinic=clinic)
        return bool(seconds)

    return watch_the_clock


def _look(desk: Desk, clinic: str, owner: str) -> bool:  # noqa: ARG001 - one shape for every round
    return look_after_filings(desk, clinic) + look_after_tasks(desk, clinic) > 0


def _find(desk: Desk, clinic: str, owner: str) -> bool:
    released = release_entries(desk, clinic)
    return bool(released + find_infusions(desk, clinic, owner) + hand_over_tasks(desk, clinic))


def _tidied(watch: RightsWatch) -> Round:
    def tidy(desk: Desk, clinic: str, owner: str) -> bool:  # noqa: ARG001 - one shape for every round
        forget_expired(desk)
        missing = watch_rights(desk, clinic, watch)
        if missing:
            does = "nothing is filed, and what is owed stays due until it is granted"
            _log.warning("a right is not granted", missing=" ".join(missing), does=does, clinic=clinic)
        elif missing is not None:
            _log.info("every right is granted again", clinic=clinic)
        return False

    return tidy


def _safely(do: Round, desk: Desk, clinic: str, owner: str) -> bool:
    """One round. One bad item must not end the worker: it is owed still and tried again, visibly."""
    try:
        return do(desk, clinic, owner)
    except TooBusy:
        return False
    except Exception as problem:
        _log.error("worker round failed", doing=do.__name__, kind=type(problem).__name__, clinic=clinic)
        return False
