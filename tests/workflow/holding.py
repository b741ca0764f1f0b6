"""A world whose first clinic holds what is sent until the next morning at nine, and how that morning comes."""

from datetime import UTC, datetime

import pytest

from service.cli.demo_clinic import CLINIC, clinics_file
from service.workflow.release_entries import release_entries
from tests.world import EHR, World, WorldWith

MORNING = datetime(
    2026, 11, 21, 17, 0, tzinfo=UTC
)  # nine at the clinic, on the day after the world's beginning


def holding_table() -> str:
    """The first clinic's own table, with the default release said aloud."""
    first = clinics_file(EHR).partition("\n\n")[0]
    assert 'release = "on-submit"' in first
    return first.replace('release = "on-submit"', 'release = "next-morning"\nrelease_at = "09:00"')


@pytest.fixture
def holding(world_with: WorldWith) -> World:
    """A world in which what is sent is held."""
    return world_with(holding_table())


def until_morning(world: World) -> None:
    """The night passes, and the worker does what is to be done at nine."""
    world.clock.pass_time(seconds=(MORNING - world.clock()).total_seconds() + 1)
    release_entries(world.desk, CLINIC)
