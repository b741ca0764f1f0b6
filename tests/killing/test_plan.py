"""The plan of the kills: no step of any rung is left to chance."""

from collections import Counter

from tests.killing.orders import POINTS, STEPS
from tests.killing.plan import Planned, at_place, planned

_PLACES = 8


def test_a_thousand_kills_meet_every_step_at_every_place_nearly_equally_often() -> None:
    met = Counter(planned(1000, _PLACES))
    steps = [met[Planned(place, step)] for place in range(_PLACES) for step in STEPS]
    points = [met[Planned(place, point)] for place in range(_PLACES) for point in POINTS]
    assert steps == [10] * len(steps)
    assert points == [5] * len(points)


def test_the_short_run_meets_each_step_of_the_worker() -> None:
    assert {one.point for one in planned(16, _PLACES)} > set(STEPS)


def test_each_planned_kill_belongs_to_one_place() -> None:
    plan = planned(33, _PLACES)
    assert sum(len(at_place(plan, place)) for place in range(_PLACES)) == 33
