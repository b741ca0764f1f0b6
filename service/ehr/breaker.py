"""Whether a record system is to be left alone for a while: a pure value, one for each clinic (W-20, F9).

It opens once the filings of several patients in a row did not reach the record system, so that one patient's trouble
never holds up another's (F59). While it is open nothing is tried; then one filing goes as a probe, and what becomes of
it closes the breaker, or opens it again for twice as long. A record system that asks to wait asks it of all of us, so
nothing is tried before (F12).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.ehr.outcome import Busy, Filed, HeldThere, NotSent, Outcome, Refused, wait_asked_in
from service.ehr.retry import LONGEST_WAIT, asked_to_wait

PATIENTS = 3
SHORTEST = timedelta(seconds=30)
LONGEST = timedelta(minutes=15)
# How long a probe may take before another is let through: its worker may have died.
PROBE = timedelta(minutes=2)
# What ends an attempt before anything is sent, and tells nothing of the record system.
_OUR_OWN = frozenset(
    {"cannot-render", "changed-there", "earlier-not-read", "held-there", "lease-too-short", "quiet-window"}
)


@dataclass(frozen=True, slots=True)
class Breaker:
    """`missed` are the patients whose filings did not reach it since one last did. Closed without `until`.

    `asked`: the record system asked to be left alone until then.
    """

    missed: frozenset[str] = frozenset()
    until: datetime | None = None
    pause: timedelta = SHORTEST
    probed_at: datetime | None = None
    asked: datetime | None = None

    def waits(self, now: datetime) -> bool:
        """Whether it is left alone because it asked for that; never for longer than anybody may ask."""
        return self.asked is not None and timedelta(0) < self.asked - now <= LONGEST_WAIT

    def told_to_wait(self, retry_after: str | None, now: datetime) -> "Breaker":
        """The breaker once the record system has sent this header; without one nothing changes."""
        wait = asked_to_wait(retry_after, now)
        return replace(self, asked=now + wait) if wait else self

    def lets_through(self, now: datetime) -> bool:
        """Whether a filing may be tried now; while open, one at a time and only when the pause is over."""
        if self.waits(now):
            return False
        if self.until is None or self.until - now > LONGEST:
            return True  # closed; or the clock was set back: no pause is as long as that
        if now < self.until:
            return False
        return self.probed_at is None or not timedelta(0) <= now - self.probed_at < PROBE

    def tried(self, now: datetime) -> "Breaker":
        """The breaker once a filing is on its way: while open that is the probe."""
        return self if self.until is None else replace(self, probed_at=now)

    def after(self, outcome: Outcome, patient: str, now: datetime) -> "Breaker":
        """The breaker after what became of a filing; what tells nothing of the record system changes nothing."""
        return self._reached_or_not(outcome, patient, now).told_to_wait(wait_asked_in(outcome), now)

    def _reached_or_not(self, outcome: Outcome, patient: str, now: datetime) -> "Breaker":
        if isinstance(outcome, Filed | HeldThere | Refused | Busy):
            return Breaker(asked=self.asked)
        if not isinstance(outcome, NotSent) or outcome.reason in _OUR_OWN:
            return replace(self, probed_at=None)
        missed = self.missed | {patient}
        if self.until is not None:
            pause = min(self.pause * 2, LONGEST)
            return Breaker(missed, now + pause, pause, asked=self.asked)
        is_down = len(missed) >= PATIENTS
        return Breaker(missed, now + SHORTEST if is_down else None, asked=self.asked)
