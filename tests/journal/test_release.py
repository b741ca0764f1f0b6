"""When what was sent is released: on the next morning by the clinic's clock, whatever the clocks do (rule 15)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.journal.release import NEXT_MORNING, ON_SENDING, Release, held_until

HOME = "America/Los_Angeles"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at_home(written: str, zone: str = HOME) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("sent", "released"),
    [
        ("2026-11-20T12:00", "2026-11-21T09:00"),
        ("2026-11-20T08:30", "2026-11-21T09:00"),  # never on the day of the infusion itself
        ("2026-11-20T23:59", "2026-11-21T09:00"),
        ("2026-11-21T00:10", "2026-11-21T09:00"),  # the night still belongs to the evening before
        ("2026-11-21T03:59", "2026-11-21T09:00"),
        ("2026-11-21T04:00", "2026-11-22T09:00"),
        ("2026-12-31T20:00", "2027-01-01T09:00"),
    ],
)
def test_what_is_sent_is_released_on_the_next_morning(sent: str, released: str) -> None:
    assert held_until(at_home(sent), NEXT_MORNING, HOME) == at_home(released)


@pytest.mark.parametrize(
    ("sent", "hours"),
    [("2026-03-07T12:00", 20), ("2026-10-31T12:00", 22), ("2026-11-20T12:00", 21)],
    ids=["clocks go forward", "clocks go back", "neither"],
)
def test_it_is_nine_on_the_wall_when_the_clocks_change_in_the_night(sent: str, hours: int) -> None:
    began = at_home(sent)
    assert held_until(began, NEXT_MORNING, HOME) == began + timedelta(hours=hours)


def test_it_is_the_clinics_morning_wherever_it_lies() -> None:
    sent = datetime(2026, 11, 20, 20, tzinfo=UTC)
    assert held_until(sent, NEXT_MORNING, "Asia/Tokyo") == datetime(2026, 11, 22, 0, tzinfo=UTC)
    assert held_until(sent, NEXT_MORNING, "Europe/Berlin") == datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_an_hour_before_the_night_is_over_has_to_be_still_to_come() -> None:
    assert held_until(at_home("2026-11-21T03:30"), Release.at("03:00"), HOME) == at_home("2026-11-22T03:00")
    assert held_until(at_home("2026-11-21T02:30"), Release.at("03:00"), HOME) == at_home("2026-11-21T03:00")


def test_an_hour_that_the_clocks_leave_out_is_still_an_instant() -> None:
    """On 8 March 2026 there is no half past two there: it counts as half past three."""
    assert held_until(at_home("2026-03-07T12:00"), Release.at("02:30"), HOME) == at_home("2026-03-08T03:30")


def test_a_clinic_that_releases_on_sending_holds_nothing() -> None:
    assert held_until(at_home("2026-11-20T12:00"), ON_SENDING, HOME) is None


@given(
    sent=st.integers(0, 15 * 366 * 24 * 60).map(lambda minutes: LONG_AGO + timedelta(minutes=minutes)),
    zone=st.sampled_from([HOME, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]),
    hour=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
)
def test_a_release_is_always_to_come_and_never_far(sent: datetime, zone: str, hour: object) -> None:
    released = held_until(sent, Release.at(str(hour)[:5]), zone)
    assert released is not None
    assert timedelta(0) < released - sent <= timedelta(hours=45)
