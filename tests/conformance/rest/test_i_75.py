"""Whoever pages through a search while others write sees each resource once. [FHIR R4 http, Paging; ours]"""

import pytest

from tests.conformance.rest.asking import QR, below, created, links, mine, names
from tests.world import World


@pytest.mark.parametrize("order", ["", "&_sort=authored", "&_sort=-status,_lastUpdated"])
def test_each_is_seen_once_while_more_is_written(world: World, order: str) -> None:
    there = {str(created(world, ordinal).json()["id"]) for ordinal in range(1, 5)}
    app = mine(world)
    seen: list[str] = []
    answer = app.get(f"{QR}?_count=1{order}")
    for ordinal in range(5, 12):
        seen += names(answer)
        if ordinal < 7:
            created(world, ordinal)
        if "next" not in links(answer):
            break
        answer = app.get(below(world, links(answer)["next"]))

    assert len(seen) == len(set(seen))
    assert there <= set(seen)
