"""Episodes of care: when a series begins and ends by the record system's word (product rule 10)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.r4 import episode_of_care

ZONE = "America/Los_Angeles"
EPISODE: dict[str, Any] = {
    "resourceType": "EpisodeOfCare",
    "id": "e1",
    "status": "active",
    "patient": {"reference": "Patient/pat-1"},
    "period": {"start": "2026-10-05T09:00:00-07:00"},
}


def test_an_episode_that_goes_on() -> None:
    seen = episode_of_care.read(EPISODE, ZONE)
    assert (seen.id, seen.patient_id, seen.status, seen.end) == ("e1", "pat-1", "active", None)
    assert seen.start == datetime(2026, 10, 5, 16, 0, tzinfo=UTC)
    assert not seen.is_over


@pytest.mark.parametrize(
    ("end", "instant"),
    [
        ("2026-11-20T12:00:00Z", datetime(2026, 11, 20, 12, 0, tzinfo=UTC)),
        # A day ends with its last instant where the clinic is, the longer day of November too.
        ("2026-11-20", datetime(2026, 11, 21, 7, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 2, 7, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 7, 2, 6, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-02", datetime(2026, 3, 1, 7, 59, 59, 999_999, tzinfo=UTC)),
        ("2024-02", datetime(2024, 3, 1, 7, 59, 59, 999_999, tzinfo=UTC)),
        ("2026-12", datetime(2027, 1, 1, 7, 59, 59, 999_999, tzinfo=UTC)),
        ("2026", datetime(2027, 1, 1, 7, 59, 59, 999_999, tzinfo=UTC)),
        ("9999-12-31", None),
        ("9999-12-31T23:59:59-08:00", None),
        ("2026-11-20T12:00:00", None),  # no zone: no instant
        ("2026-02-30", None),
        ("2026-13", None),
        ("0000", None),
        ("2026-11-20 ", None),
        ("soon", None),
        (7, None),
    ],
)
def test_an_end_is_the_last_instant_of_what_it_names(end: object, instant: datetime | None) -> None:
    assert episode_of_care.read(EPISODE | {"period": {"end": end}}, ZONE).end == instant


@pytest.mark.parametrize(
    ("start", "instant"),
    [
        ("2026-10-05", datetime(2026, 10, 5, 7, 0, tzinfo=UTC)),
        ("2026-10", datetime(2026, 10, 1, 7, 0, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, 8, 0, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_start_is_the_first_instant_of_what_it_names(start: str | None, instant: datetime | None) -> None:
    assert episode_of_care.read(EPISODE | {"period": {"start": start}}, ZONE).start == instant


def test_an_episode_may_be_over_without_a_date() -> None:
    bare = {key: EPISODE[key] for key in ("resourceType", "id", "patient")}
    assert episode_of_care.read(bare | {"status": "finished"}, ZONE).is_over
    assert episode_of_care.read(bare, ZONE).status == "unknown"


@pytest.mark.parametrize(
    "change",
    [{"resourceType": "CarePlan"}, {"id": None}, {"patient": {"reference": "Group/g"}}, {"patient": 7}],
)
def test_what_is_no_episode_of_a_patient_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="EpisodeOfCare"):
        episode_of_care.read(EPISODE | change, ZONE)
