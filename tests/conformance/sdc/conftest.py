"""A clinic that publishes a set with every kind of item beside its own, shared by tests that leave it as it is."""

from collections.abc import Iterator

import pytest

from tests.conformance.sdc.asking import publish
from tests.proofs.small_world import lasting_world
from tests.r4.answered import everything
from tests.world import World


@pytest.fixture(scope="session")
def clinic() -> Iterator[World]:
    """That clinic. Drafts may be begun here; nothing here asks how many there are."""
    with lasting_world() as world:
        publish(world, everything())
        yield world
