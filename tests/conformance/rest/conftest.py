"""A day at the clinic for requirements that only look: answers sent and filed, a draft, somebody else's things."""

from collections.abc import Iterator

import pytest

from tests.conformance.rest.asking import Day, lived
from tests.proofs.small_world import lasting_world


@pytest.fixture(scope="session")
def day() -> Iterator[Day]:
    """One day, lived once for each process; whoever changes anything takes `world` instead."""
    with lasting_world() as world:
        yield lived(world)
