"""A thousand replays of client assertions at the export base (T18): apart, for the amount that the row names."""

from collections import Counter

from tests.web.systems import System, with_systems
from tests.world import WorldWith

ASSERTIONS, REPLAYS = 20, 50


def test_of_a_thousand_replays_none_is_granted(world_with: WorldWith) -> None:
    """T18: each assertion is granted once; every replay, in turn with the others', is refused."""
    siem = System(with_systems(world_with))
    shown = [siem.assertion() for _ in range(ASSERTIONS)]

    first = Counter(siem.ask_token(one).status_code for one in shown)
    again = Counter(siem.ask_token(one).status_code for _ in range(REPLAYS) for one in shown)

    assert first == {200: ASSERTIONS}
    assert again == {401: ASSERTIONS * REPLAYS}
