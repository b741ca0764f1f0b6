"""What a schedule has beside people, workers and wires: records that are merged, a clinic that takes responses,
and a database that fails.

It is drawn from a chance of its own, so that the same seed without it goes the way it always went.
"""

from dataclasses import dataclass, field, replace
from random import Random

from service.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Beside:
    """Nothing at all, unless it says more. `merges` is how often, of all steps, two records are merged or parted;
    `brings`: the visits and documents go along. `responses`: the record system takes those, too.
    `database` is how often a commit begins to fail.
    """

    merges: float = 0.0
    brings: bool = True
    responses: bool = False
    database: float = 0.0
    chance: Random = field(default_factory=lambda: Random(0))

    def is_time_to_merge(self) -> bool:
        """Whether the records are merged or parted now."""
        return self.merges > 0 and self.chance.random() < self.merges

    def at(self, desk: Desk, clinic: str) -> Desk:
        """The desk of a clinic where this happens."""
        as_it_was = desk.clinics[clinic]
        filing = replace(as_it_was.filing, response=self.responses)
        changed = replace(as_it_was, filing=filing, merged_patients=self.merges > 0)
        return replace(desk, clinics={clinic: changed})


def drawn(name: str) -> Beside:
    """What the schedule of this name has beside: every second one nothing."""
    chance = Random(f"{name}/beside")
    merges = chance.choice((0.0, 0.0, 0.005, 0.03))
    brings, responses = chance.random() < 0.8, chance.random() < 0.4
    database = Random(f"{name}/database").choice((0.0, 0.0, 0.01, 0.05))
    return Beside(merges, brings, responses, database, chance)
