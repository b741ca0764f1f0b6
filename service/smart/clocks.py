"""How far another server's clock is from ours, by the Date of its answers (RFC 9110 § 6.6.1; fault F23).

Nothing is ordered by another's clock. But what proves who we are is good for minutes only, and where clocks lie further
apart than that, every sign-in fails without a word of why.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Servers tell a refusal of a proof by nothing else than by refusing; some allow no more than this.
EXPLAINS = timedelta(seconds=10)
WORTH_SAYING = timedelta(minutes=5)


def difference(date: str | None, now: datetime) -> timedelta | None:
    """By how much the server that sent this Date header is ahead of us, to the second; None where it says nothing."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except (ValueError, TypeError, OverflowError):
        return None
    aware = theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)
    return aware - now.replace(microsecond=0)


def in_words(ahead: timedelta) -> str:
    """How their clock stands beside ours: "2 h 5 min behind ours"."""
    seconds = round(abs(ahead).total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    parts += [f"{seconds % 60} s"] * (not hours and bool(seconds % 60 or not minutes))
    return f"{' '.join(parts)} {'ahead of' if ahead > timedelta(0) else 'behind'} ours"
