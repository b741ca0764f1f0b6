"""Which kill happens where: dealt out evenly, so that chance leaves no step of no rung out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from tests.killing.orders import POINTS, STEPS

_ONE_OF = 5


@dataclass(frozen=True, slots=True)
class Planned:
    """A kill at this point, at the place of this number."""

    place: int
    point: str


def planned(n: int, places: int) -> list[Planned]:
    """n kills, every fifth of them the server's; each point comes as often as any other, give or take one.

    Every point meets every place before any of them meets one twice; F2 asks for each step on each rung.
    """
    of_workers, of_the_server = _dealt(STEPS, places), _dealt(POINTS, places)
    return [next(of_the_server if number % _ONE_OF == _ONE_OF - 1 else of_workers) for number in range(n)]


def _dealt(points: Sequence[str], places: int) -> Iterator[Planned]:
    for round_ in count():
        for number, point in enumerate(points):
            yield Planned((number + round_) % places, point)


def at_place(plan: list[Planned], place: int) -> list[str]:
    """The points of this place, in the order in which they were planned."""
    return [one.point for one in plan if one.place == place]
