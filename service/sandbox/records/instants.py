"""FHIR dates as spans of time: what a date of any precision covers, in microseconds since 1970.

It stands apart because the index, the search and the structural checks must read a date alike: a value such
as 2026-11 covers a month, and the comparators of R4 search compare spans, not points.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# A date without a zone means the clinic's day; the clinic of the sandbox stands on the west coast.
CLINIC_ZONE = "America/Los_Angeles"
EARLIEST = -(2**62)
LATEST = 2**62

Span = tuple[int, int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SHAPE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(T(?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(\.(?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_STRICT = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?",
    re.ASCII,
)


def micros(at: datetime) -> int:
    """The instant as whole microseconds since 1970; the datetime must carry a zone."""
    return (at - _EPOCH) // _MICROSECOND


def instant_text(at: datetime) -> str:
    """The instant as FHIR writes it in meta.lastUpdated: UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_date_time(text: object) -> bool:
    """Whether this is a date or dateTime as R4 allows it in a resource: a time comes with seconds and a zone."""
    if not isinstance(text, str) or not _STRICT.fullmatch(text):
        return False
    try:
        span_of_text(text)
    except ValueError:
        return False
    return True


def span_of_text(text: str) -> Span:
    """The span that a date covers, its end excluded. Raises ValueError for what is no date."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError("not a date")
    try:
        start, length = _start_and_length(match)
        return micros(start), micros(start) + length // _MICROSECOND
    except OverflowError as too_far:
        raise ValueError("not a date") from too_far


def span_of_period(period: dict[str, Any]) -> Span:
    """The span of a Period; an open side reaches as far as numbers go. Raises ValueError."""
    low = span_of_text(period["start"])[0] if "start" in period else EARLIEST
    high = span_of_text(period["end"])[1] if "end" in period else LATEST
    return low, high


def _start_and_length(match: re.Match[str]) -> tuple[datetime, timedelta]:
    year, month, day = int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
    if match["hour"] is None:
        start = datetime(year, month, day, tzinfo=ZoneInfo(CLINIC_ZONE))
        return start, _end_of_days(match, start) - start.astimezone(UTC)
    fraction = (match["fraction"] or "")[:6]
    moment = datetime(
        year,
        month,
        day,
        int(match["hour"]),
        int(match["minute"]),
        int(match["second"] or 0),
        int(fraction.ljust(6, "0")),
        tzinfo=_zone(match["zone"]),
    )
    return moment, _length_of_time(match, fraction)


def _end_of_days(match: re.Match[str], start: datetime) -> datetime:
    if match["day"]:
        # By the calendar, not by 24 hours: two days a year are longer or shorter.
        return (start + timedelta(days=1)).astimezone(UTC)
    if match["month"]:
        years, month = divmod(start.month, 12)
        return start.replace(year=start.year + years, month=month + 1).astimezone(UTC)
    return start.replace(year=start.year + 1).astimezone(UTC)


def _length_of_time(match: re.Match[str], fraction: str) -> timedelta:
    if match["second"] is None:
        return timedelta(minutes=1)
    return timedelta(microseconds=10 ** (6 - len(fraction)))


def _zone(text: str | None) -> Any:
    if text is None:
        return ZoneInfo(CLINIC_ZONE)
    return datetime.strptime(text, "%z").tzinfo
