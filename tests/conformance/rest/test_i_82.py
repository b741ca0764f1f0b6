"""A date in a search is a span as long as it was written precisely, compared by each of R4's prefixes; hours need
minutes. [FHIR R4 search, Prefixes; date]
"""

import pytest

from tests.conformance.rest.asking import QR, Day, by_form, issue_codes, names

# Both entries were sent, and the draft saved, on 20 November 2026 (UTC).
SAME_DAY = {"": 3, "eq": 3, "ne": 0, "gt": 0, "lt": 0, "ge": 3, "le": 3, "sa": 0, "eb": 0, "ap": 3}
DAY_BEFORE = {"eq": 0, "ne": 3, "gt": 3, "lt": 0, "ge": 3, "le": 0, "sa": 3, "eb": 0, "ap": 3}
YEAR_AFTER = {"eq": 0, "ne": 3, "gt": 0, "lt": 3, "ge": 0, "le": 3, "sa": 0, "eb": 3}
CASES = [
    *((f"{prefix}2026-11-20", count) for prefix, count in SAME_DAY.items()),
    *((f"{prefix}2026-11-19", count) for prefix, count in DAY_BEFORE.items()),
    *((f"{prefix}2027", count) for prefix, count in YEAR_AFTER.items()),
    ("2026", 3),
    ("2026-11", 3),
    ("2026-12", 0),
    ("ge2026-11-20T20:00Z", 3),
    ("lt2026-11-20T12:00-08:00", 0),
    ("2026-11-19,2026-11-20", 3),
]


@pytest.mark.parametrize(("written", "count"), CASES)
def test_each_prefix_and_precision(day: Day, written: str, count: int) -> None:
    assert len(names(by_form(day.app, QR, f"authored={written}"))) == count


def test_an_instant_parts_what_was_before_from_what_came_after(day: Day) -> None:
    at = day.app.get(f"{QR}/{day.first}").json()["authored"].replace("+", "%2B")

    assert day.first in names(day.app.get(f"{QR}?authored=le{at}"))
    assert day.second in names(day.app.get(f"{QR}?authored=gt{at}"))
    assert day.second not in names(day.app.get(f"{QR}?authored=le{at}"))


@pytest.mark.parametrize(
    "written", ["2026-11-20T10", "2026-13", "2026-02-30", "20261120", "xx2026", "today", "gt"]
)
def test_what_is_no_date_is_refused(day: Day, written: str) -> None:
    answer = day.app.get(f"{QR}?authored={written}")

    assert (answer.status_code, issue_codes(answer)) == (400, ["value"])
