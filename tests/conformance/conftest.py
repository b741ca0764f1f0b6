"""A world for each requirement: `world` is the test's own, `house` is shared by those that only look."""

from collections.abc import Iterator

import pytest

from tests.proofs.small_world import lasting_world
from tests.world import World, rendering_child, template, world, world_with

__all__ = ["house", "rendering_child", "template", "world", "world_with"]


@pytest.fixture(scope="session")
def house() -> Iterator[World]:
    """A world that no test changes."""
    with lasting_world() as made:
        yield made
