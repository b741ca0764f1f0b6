"""When to try again, as a pure function (ehr-writeback C3, W-20; F9, F12)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ehr.outcome import Busy, Filed, HeldThere, NotSent, Outcome, Refused, Rung, Unknown, Why
from service.ehr.retry import Done, Next, Park, Retry, Tried, asked_to_wait, backoff, next_attempt

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
QUIET = timedelta(minutes=15)


def _next(
    outcome: Outcome,
    *,
    attempts: int = 1,
    since: timedelta = timedelta(0),
    rung: Rung = Rung.CONDITIONAL,
    chance: float = 0.999,
) -> Next:
    tried = Tried(attempts, NOW - since)
    return next_attempt(outcome, tried, now=NOW, random=lambda: chance, rung=rung, quiet_window=QUIET)


def _wait(next_: Next) -> float:
    assert isinstance(next_, Retry)
    return (next_.at - NOW).total_seconds()


def test_what_is_there_is_done() -> None:
    """Filed, or held there for review, which is another thing."""
    assert _next(Filed("d-1")) == Done()
    assert _next(HeldThere("d-1")) == Done(held=True)


@pytest.mark.parametrize("why", list(Why))
def test_a_refusal_waits_for_a_person(why: Why) -> None:
    """Never repeated by itself, whatever it was."""
    assert _next(Refused(why, 422)) == Park(why.value)


def test_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    """W-20: 1 s, 2 s, 4 s … 15 min, with full jitter below."""
    longest = [backoff(attempts, lambda: 1.0).total_seconds() for attempts in range(1, 15)]
    assert longest == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
    assert backoff(10**9, lambda: 1.0) == timedelta(minutes=15)
    assert backoff(5, lambda: 0.0) == timedelta(0)


def test_an_unknown_outcome_waits_out_the_quiet_window_on_rung_c() -> None:
    """Fault-matrix section 2, rule 2: the record system may still commit in that time."""
    assert _wait(_next(Unknown("timeout"), rung=Rung.SEARCH)) == QUIET.total_seconds()
    assert _wait(_next(Unknown("timeout"), rung=Rung.CONDITIONAL)) < 1
    assert _wait(_next(Unknown("timeout"), rung=Rung.PUT)) < 1
    assert _wait(_next(NotSent("not-connected"), rung=Rung.SEARCH)) < 1


def test_an_unknown_outcome_is_never_repeated_on_rung_d() -> None:
    """Rule 4: parked for a person; what was not sent goes on."""
    assert _next(Unknown("timeout"), rung=Rung.NONE) == Park("unknown-outcome")
    assert isinstance(_next(NotSent("not-connected"), rung=Rung.NONE), Retry)


def test_after_a_week_a_person_is_asked() -> None:
    """W-20; but a record system that only asks to wait does not use up the time."""
    week = timedelta(days=7)
    assert _next(NotSent("not-connected"), since=week) == Park("given-up")
    assert _next(Unknown("timeout"), since=week) == Park("given-up")
    assert isinstance(_next(NotSent("x"), since=week - timedelta(seconds=1)), Retry)
    busy = _next(Busy("60"), since=week)
    assert isinstance(busy, Retry)
    assert not busy.counts


@pytest.mark.parametrize("outcome", [NotSent("status-503", "120"), Unknown("status-503", "120")])
def test_what_failed_waits_as_long_as_it_was_asked_to(outcome: Outcome) -> None:
    assert _wait(_next(outcome)) == 120


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("3600", 3600),
        ("999999999999999999", 3600),
        ("Mon, 23 Nov 2026 10:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
        ("Mon, 23 Nov 2099 10:00:00 GMT", 3600),
        ("Mon, 23 Nov 2026 10:02:00", 120),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("", 0),
        (None, 0),
        ("٣٠", 0),
        ("Mon, 99 Nov 2026 99:99:99 GMT", 0),
    ],
)
def test_retry_after_in_all_its_forms(header: str | None, seconds: float) -> None:
    """F12: seconds, date, past, huge, garbage; never before what was asked, at most an hour."""
    assert asked_to_wait(header, NOW).total_seconds() == seconds
    assert _wait(_next(Busy(header), chance=0.0)) == seconds
    assert _wait(_next(Unknown("status-503", header), chance=0.0)) == seconds


@given(
    st.one_of(
        st.builds(NotSent, st.just("x")),
        st.builds(Unknown, st.just("x"), st.none() | st.text(max_size=20)),
        st.builds(Busy, st.none() | st.text(max_size=20)),
    ),
    st.integers(0, 10_000),
    st.sampled_from(list(Rung)),
    st.floats(0, 1, exclude_max=True),
)
def test_it_always_goes_on_within_bounds(outcome: Outcome, attempts: int, rung: Rung, chance: float) -> None:
    """Never in the past, never later than the longest of all waits."""
    next_ = _next(outcome, attempts=attempts, rung=rung, chance=chance)
    assert next_ == Park("unknown-outcome") or 0 <= _wait(next_) <= 3600
