"""The habits of one record system: which rung it stands on, and what it does with what we rely on."""

from dataclasses import dataclass
from random import Random

from service.ehr.outcome import Rung

QUIET = 15 * 60.0  # the clinic's quiet window, in seconds
_STEPS = 120.0  # what the steps of others may take between two of one worker
_NO_MATTER = 7200.0


@dataclass(frozen=True, slots=True)
class Habits:
    """`honours_condition`: If-None-Exist is obeyed, atomically. `keeps_identifiers`: ours are kept and searchable.

    A resource is found by search `lag` seconds after it was made; `late` is the longest time after our own deadline in
    which a request may still take effect. `holds` is how often a write is taken for review (202), which searches and
    conditions see like any other. On rung C these times together, with every pause between the intent and the bytes and
    every jump of the clock, stay inside the quiet window: beyond it no client can know.
    """

    rung: Rung
    honours_condition: bool
    keeps_identifiers: bool
    lag: float
    late: float
    holds: float

    @property
    def slack(self) -> float:
        """How long bytes may be under way unseen, in seconds, beside what this server takes of the quiet window."""
        return QUIET - self.lag - self.late - _STEPS if self.rung is Rung.SEARCH else _NO_MATTER


def habits_of(rung: Rung, chance: Random) -> Habits:
    """A record system of this rung, as one meets them."""
    return Habits(
        rung=rung,
        honours_condition=rung is Rung.CONDITIONAL,
        keeps_identifiers=rung is not Rung.NONE,
        lag=chance.choice((0.0, 0.0, 5.0, 60.0)),
        late=chance.choice((60.0, 300.0, 600.0)),
        holds=chance.choice((0.0, 0.0, 0.05)),
    )
