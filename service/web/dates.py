"""How dates and times read on the pages: with the weekday, in the clinic's zone, the zone named.

Apart from the doors, because every page and no rule needs them. Instants arrive in UTC and are kept so; only
the words are local.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from flask import Flask

_DAY = {"en": "EEEE, d MMMM y", "es": "EEEE, d 'de' MMMM 'de' y"}
_PLAIN_DAY = {"en": "d MMMM y", "es": "d 'de' MMMM 'de' y"}
_CLOCK = "HH:mm"
_STAMP = "y-MM-dd HH:mm:ss"


def install(app: Flask) -> None:
    """Give the app's templates the filters `day`, `calendar_day`, `moment`, `clock`, `stamp` and `instant`."""
    for words in (day, calendar_day, moment, clock, stamp, instant):
        app.add_template_filter(words)


def day(when: datetime, zone: str, language: str) -> str:
    """An instant's day in the IANA `zone`: "Friday, 20 November 2026"."""
    return _format(when, _DAY.get(language, "full"), zone, language)


def calendar_day(day: date, language: str) -> str:
    """A day that belongs to no zone, such as a birth date: "4 March 1985"."""
    return format_date(day, _PLAIN_DAY.get(language, "long"), locale=language)


def moment(when: datetime, zone: str, language: str) -> str:
    """An instant in full, the zone named: "Friday, 20 November 2026, 14:02 Pacific Standard Time"."""
    return f"{day(when, zone, language)}, {_format(when, f'{_CLOCK} zzzz', zone, language)}"


def clock(when: datetime, zone: str, language: str) -> str:
    """An instant's time of day: "14:02"."""
    return _format(when, _CLOCK, zone, language)


def stamp(when: datetime, zone: str, language: str) -> str:
    """An instant for a long list, to the second, that sorts as text: "2026-11-20 14:02:07"."""
    return _format(when, _STAMP, zone, language)


def instant(when: datetime) -> str:
    """An instant for machines (the `datetime` attribute of `time`): ISO 8601 with its offset."""
    return _aware(when).isoformat(timespec="seconds")


def _format(when: datetime, pattern: str, zone: str, language: str) -> str:
    return format_datetime(_aware(when), pattern, tzinfo=ZoneInfo(zone), locale=language)


def _aware(when: datetime) -> datetime:
    """Babel takes a time without a zone for UTC; a wrong day on a patient's page would be worse than a stop."""
    if when.tzinfo is None:
        raise ValueError("an instant on a page must carry its zone")
    return when
