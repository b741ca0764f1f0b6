"""What the Date of an answer says about another server's clock, and how that is put into words."""

from datetime import UTC, datetime, timedelta

import pytest

from service.smart.clocks import difference, in_words

NOW = datetime(2026, 11, 20, 20, 0, 0, 999_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("Fri, 20 Nov 2026 20:00:00 GMT", 0),
        ("Fri, 20 Nov 2026 20:05:00 GMT", 300),
        ("Fri, 20 Nov 2026 20:00:00", 0),
        ("Thu, 19 Nov 2026 18:00:00 GMT", -26 * 3600),
        ("Fri, 20 Nov 2026 21:00:00 +0100", 0),
    ],
)
def test_a_date_tells_how_far_they_are_ahead(date: str, seconds: int) -> None:
    assert difference(date, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("date", [None, "", "soon", "Fri, 99 Nov 2026 20:00:00 GMT", "0"])
def test_what_is_no_date_tells_nothing(date: str | None) -> None:
    assert difference(date, NOW) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "20 s ahead of ours"),
        (-61, "1 min 1 s behind ours"),
        (300, "5 min ahead of ours"),
        (-7500, "2 h 5 min behind ours"),
        (26 * 3600, "26 h ahead of ours"),
    ],
)
def test_a_difference_in_words(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words
