"""What many cases came to together: what was counted, and each promise that was not kept."""

from collections import Counter
from dataclasses import dataclass, field

from tests.answers.clinic import Clinic
from tests.delivery.judge import Verdict, judge

_MOST_SAID = 20


@dataclass
class Tally:
    """How often what was counted. `planned` faults and how many really happened, by the wire."""

    planned: int = 0
    injected: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """The two together."""
        self.planned += other.planned
        self.injected += other.injected
        self.counts += other.counts
        self.said += other.said

    def wrong(self, what: str, about: str) -> None:
        """One promise that was not kept."""
        self.counts[what] += 1
        if len(self.said) < _MOST_SAID:
            self.said.append(f"{what}: {about}")

    def check(self, holds: bool, what: str, about: str) -> None:
        """It is wrong where it does not hold."""
        if not holds:
            self.wrong(what, about)

    def judge(self, clinic: Clinic, *, but: frozenset[str] = frozenset()) -> None:
        """What the ledger says against what the service says of it, `but` what this case brings about on purpose."""
        verdict = Verdict()
        judge(verdict, clinic.rung, clinic.ledger, clinic.people.known, clinic.filings)
        for one in verdict.said:
            name, _, about = one.partition(": ")
            if name not in but:
                self.wrong(name, f"{clinic.key} {clinic.rung}: {about}")
