"""A completed response says when it was written, to the instant, and not more than five minutes ahead of our clock.
[SDC 4.0 sdc-questionnaireresponse, authored; house rule]
"""

from datetime import timedelta

import pytest

from tests.conformance.sdc.asking import AS_NEW, QR, answered, mine, refused, taken, told
from tests.world import NOON, World

PLACE = f"{QR}.authored"


@pytest.mark.parametrize("said", [None, "2026-11-19", "2026-11", "2026-11-20T20:30:00Z"])
def test_no_instant_or_one_of_the_future_is_refused(clinic: World, said: str | None) -> None:
    refused(clinic, answered(authored=said), "value", PLACE)


def test_of_a_draft_it_is_not_asked(clinic: World) -> None:
    draft = answered(authored=None, status="in-progress")

    assert told(mine(clinic).post(AS_NEW, draft)) == [("informational", "", "information")]
    assert mine(clinic).post(QR, draft).status_code == 201


def test_a_clock_a_little_ahead_is_forgiven(clinic: World) -> None:
    ahead = (NOON + timedelta(minutes=4)).isoformat()

    assert taken(clinic, answered(authored=ahead))["authored"] == ahead
