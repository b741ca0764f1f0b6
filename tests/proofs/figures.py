"""What one run of a proof counted and what it had to reach: plain values, printed as one line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Figure = int | float | str


@dataclass(frozen=True, slots=True)
class Bar:
    """What one figure has to reach."""

    rule: Literal["is", "at most", "at least"]
    value: Figure

    def holds(self, figure: Figure | None) -> bool:
        """Whether the figure reaches the bar; one that was never counted does not."""
        if self.rule == "is":
            return figure == self.value
        if not isinstance(figure, int | float) or not isinstance(self.value, int | float):
            return False
        return figure <= self.value if self.rule == "at most" else figure >= self.value


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one run in the order they are printed, and the bars they must reach.

    `planned` is how often the fault was to happen and `injected` how often it really did, by the witness outside
    the code under test: a run in which they differ, or in which nothing was injected, proves nothing and fails.
    """

    planned: int
    injected: int
    counted: Mapping[str, Figure] = field(default_factory=dict)
    bars: Mapping[str, Bar] = field(default_factory=dict)

    def faults(self) -> tuple[str, ...]:
        """One sentence for each bar that did not hold; none where the proof stands."""
        return (*self._not_injected(), *self._below())

    def line(self, name: str) -> str:
        """`name injected=… key=value …`, a float with three places."""
        shown = {"injected": self.injected, **self.counted}
        return " ".join([name, *(f"{key}={_shown(value)}" for key, value in shown.items())])

    def _not_injected(self) -> tuple[str, ...]:
        if self.injected == 0:
            return ("nothing was injected, so nothing was proved",)
        if self.injected != self.planned:
            return (f"{self.planned} were planned and {self.injected} injected",)
        return ()

    def _below(self) -> tuple[str, ...]:
        if not self.bars:
            return ("no bar was set, so nothing could fail",)
        return tuple(
            f"{name} must be {'' if bar.rule == 'is' else bar.rule + ' '}{bar.value}, "
            f"and {'is ' + _shown(self.counted[name]) if name in self.counted else 'was not counted'}"
            for name, bar in self.bars.items()
            if not bar.holds(self.counted.get(name))
        )


def exactly(value: Figure) -> Bar:
    """The figure must be this."""
    return Bar("is", value)


def at_most(value: float) -> Bar:
    """The figure may be this or less."""
    return Bar("at most", value)


def at_least(value: float) -> Bar:
    """The figure must be this or more."""
    return Bar("at least", value)


def _shown(value: Figure) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
