"""Whether and when to try again: a value from a pure function, which the worker obeys (ehr-writeback C3, W-20)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from service.ehr.outcome import Busy, Filed, HeldThere, NotSent, Outcome, Refused, Rung, Unknown

LONGEST_BACKOFF = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=7)
_FIRST_BACKOFF_SECONDS = 1.0
_MOST_DOUBLINGS = 12


@dataclass(frozen=True, slots=True)
class Done:
    """It stands in the record, or is held there for review."""

    held: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at this instant. `counts` is false where the record system itself asked to wait (F12)."""

    at: datetime
    reason: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Park:
    """A person must decide; the reason is a fixed word."""

    reason: str


Next = Done | Retry | Park


@dataclass(frozen=True, slots=True)
class Tried:
    """What is known about earlier attempts: how many counted, this one included, and when the first was made."""

    attempts: int
    first_at: datetime


def next_attempt(
    outcome: Outcome,
    tried: Tried,
    *,
    now: datetime,
    random: Callable[[], float],
    rung: Rung,
    quiet_window: timedelta,
) -> Next:
    """What follows from one attempt; `random` gives numbers from 0 up to 1.

    After an unknown outcome rung C waits at least the quiet window, in which the record system may still commit,
    and rung D never goes on by itself (fault-matrix section 2, rules 2 and 4).
    """
    if isinstance(outcome, Filed | HeldThere):
        return Done(held=isinstance(outcome, HeldThere))
    if isinstance(outcome, Refused):
        return Park(outcome.why.value)
    if isinstance(outcome, Unknown) and rung is Rung.NONE:
        return Park("unknown-outcome")
    if isinstance(outcome, Busy):
        wait = max(backoff(1, random), asked_to_wait(outcome.retry_after, now))
        return Retry(now + wait, "busy", counts=False)
    if now - tried.first_at >= GIVE_UP_AFTER:
        return Park("given-up")
    return _again(outcome, tried, now, random, rung, quiet_window)


def backoff(attempts: int, random: Callable[[], float]) -> timedelta:
    """Full jitter: anything up to 1 s doubled with each attempt, at most 15 minutes (W-20)."""
    ceiling = _FIRST_BACKOFF_SECONDS * 2 ** min(max(attempts - 1, 0), _MOST_DOUBLINGS)
    return min(timedelta(seconds=ceiling), LONGEST_BACKOFF) * random()


def asked_to_wait(header: str | None, now: datetime) -> timedelta:
    """What a Retry-After header asks for, in seconds or as a date; at most an hour, and none for anything else."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9]) if len(text) <= 9 else LONGEST_WAIT.total_seconds()
        return min(timedelta(seconds=seconds), LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta(0)), LONGEST_WAIT)


def _again(
    outcome: NotSent | Unknown,
    tried: Tried,
    now: datetime,
    random: Callable[[], float],
    rung: Rung,
    quiet_window: timedelta,
) -> Retry:
    wait = max(backoff(tried.attempts, random), asked_to_wait(outcome.retry_after, now))
    if isinstance(outcome, Unknown) and rung is Rung.SEARCH:
        wait = max(wait, quiet_window)
    return Retry(now + wait, outcome.reason)
