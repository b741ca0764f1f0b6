"""What many cases came to together: what was counted, and each promise that was not kept."""

from collections import Counter
from dataclasses import dataclass, field

from tests.answers.clinic import Clinic
from tests.delivery.judge import WRONGS, Verdict, judge

_MOST_SAID = 20
# Each of these is a promise that was not kept.
WRONG_ANSWERS = (
    *WRONGS,
    "never_filed",  # not filed in the end, though nothing stood in its way any more
    "unfound",  # a late copy, or a document that is gone, and nobody was told
    "dropped",  # waiting for a person, and on nobody's list
    "early_calls",  # before the record system wanted to hear of us again
    "attempts_used",  # by a record system that asked to wait
    "loops",  # the worker came to no rest
    "refreshes",  # more than one new token for one that was refused
    "copies_left",  # standing twice after the looks
    "wrong_overwrites",  # what somebody there wrote or struck
    "words_told",  # the patient's, in a log or unsealed in a file
    "followed",  # a redirect
    "tokens_leaked",  # to somewhere that is not the record system
    "falsely_done",  # called filed, and not there
    "auto_resent",  # what a person was to decide about
    "orphans",  # a response without its document, or a document without its response
)


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
