"""How far another server's clock is from ours, by the Date of its answers (RFC 9110 § 6.6.1; fault F23).

Nothing is ordered by another's clock. But what proves who we are is good for minutes only, and where clocks lie further
apart than that, every sign-in fails without a word of why.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Servers tell a refusal of a proof by nothing else than by refusing; some allow no more than this.
EXPLAINS = timedelta(seconds=10)
WORTH_SAYING = timedelta(minutes=5)


class OtherClock:
    """How far a clinic's servers were from our clock at the last answer that told; for all who ask them.

    `ahead` is None before the first. Without a lock: whichever answer came last is as good as any other.
    """

    def __init__(self, ours: Callable[[], datetime]) -> None:
        self._ours = ours
        self.ahead: timedelta | None = None

    def told(self, date: str | None) -> None:
        """An answer came with this Date header."""
        ahead = difference(date, self._ours())
        self.ahead = self.ahead if ahead is None else ahead


def difference(date: str | None, now: datetime) -> timedelta | None:
    """By how much the server that sent this Date header is ahead of us, to the second; None where it says nothing."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except (ValueError, TypeError, OverflowError):
        return None
    aware = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    return aware - now.replace(microsecond=0)


def worth_saying(clock: OtherClock | None) -> str | None:
    """How their clock stands beside ours where it is further off than proofs of a few minutes' life can bear."""
    ahead = None if clock is None else clock.ahead
    return None if ahead is None or abs(ahead) < WORTH_SAYING else in_words(ahead)


def in_words(ahead: timedelta) -> str:
    """How their clock stands beside ours: "2 h 5 min behind ours"."""
    return f"{length(ahead)} {'ahead of' if ahead > timedelta(0) else 'behind'} ours"


def length(span: timedelta) -> str:
    """How long a span is, whichever way it goes: "2 h 5 min"."""
    seconds = round(abs(span).total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    parts += [f"{seconds % 60} s"] * (not hours and bool(seconds % 60 or not minutes))
    return " ".join(parts)
