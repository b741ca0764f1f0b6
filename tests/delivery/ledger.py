"""What a record system really did, written down as it happens and never changed: the judge of every schedule."""

from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One change that took effect: when, whether the resource was new, and the resource as it was then."""

    at: float
    made: bool
    resource: Resource

    @property
    def id(self) -> str:
        """The id under which it stands there."""
        return str(self.resource["id"])


@dataclass(slots=True)
class Ledger:
    """Every change in order, and each new resource as it was taken, into the record or for review.

    `held` are those that are under review and in nobody's record yet. `attempts` has for each id between which true
    seconds it was made up, sent and taken.
    """

    lines: list[Line] = field(default_factory=list)
    taken: list[Resource] = field(default_factory=list)
    held: list[Resource] = field(default_factory=list)
    attempts: dict[str, tuple[float, float]] = field(default_factory=dict)

    def write(self, at: float, resource: Resource, *, made: bool) -> None:
        """Write one change down."""
        self.lines.append(Line(at, made, resource))

    def standing(self) -> list[Resource]:
        """Each resource as it stands in the end, in the order in which they were made."""
        return list({line.id: line.resource for line in self.lines}.values())
