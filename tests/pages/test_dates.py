"""Days carry their weekday and belong to the clinic's zone; an instant without a zone is never guessed at."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from service.web import dates

ZONE = "America/Los_Angeles"
LATE = datetime(2026, 11, 21, 2, 5, 9, tzinfo=UTC)


def test_an_evening_in_the_clinic_is_not_the_next_day() -> None:
    assert dates.day(LATE, ZONE, "en") == "Friday, 20 November 2026"


def test_a_moment_names_its_zone() -> None:
    assert dates.moment(LATE, ZONE, "en") == "Friday, 20 November 2026, 18:05 Pacific Standard Time"


def test_summer_time_is_named_as_such() -> None:
    july = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
    assert dates.moment(july, ZONE, "en") == "Wednesday, 1 July 2026, 09:00 Pacific Daylight Time"


def test_the_clock_is_the_clinics() -> None:
    assert dates.clock(LATE, ZONE, "en") == "18:05"


def test_stamps_sort_as_text_and_keep_the_second() -> None:
    assert dates.stamp(LATE, ZONE, "en") == "2026-11-20 18:05:09"


def test_a_birth_date_belongs_to_no_zone() -> None:
    assert dates.calendar_day(date(1985, 3, 4), "en") == "4 March 1985"


def test_spanish_reads_as_spanish() -> None:
    assert dates.day(LATE, ZONE, "es") == "viernes, 20 de noviembre de 2026"


@pytest.mark.parametrize("words", [dates.day, dates.moment, dates.clock, dates.stamp])
def test_an_instant_without_a_zone_is_refused(words: Callable[[datetime, str, str], str]) -> None:
    with pytest.raises(ValueError, match="must carry its zone"):
        words(datetime(2026, 11, 20, 18, 5), ZONE, "en")  # noqa: DTZ001 - the fault itself


def test_machines_read_iso() -> None:
    assert dates.instant(LATE) == "2026-11-21T02:05:09+00:00"
