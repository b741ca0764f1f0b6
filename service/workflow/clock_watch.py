"""The clock on the wall beside the steady one: by how much somebody has set it (fault F55).

Apart from the worker that writes it into a log: whoever asks how the service is, is told as well.
"""

import threading
from datetime import datetime

_NEWS_FOR = 3600.0  # seconds
A_JUMP = 60.0  # seconds; what is less is the usual keeping in step


class ClockWatch:
    """Where the clock on the wall and the steady one stood at the last look, in one thread of one process."""

    def __init__(self) -> None:
        self._last: tuple[datetime, float] | None = None

    def parted(self, wall: datetime, steady: float) -> float:
        """By how many seconds the wall was set since the last look: forward, or back where negative; 0 at the first."""
        before, self._last = self._last, (wall, steady)
        if before is None:
            return 0.0
        return (wall - before[0]).total_seconds() - (steady - before[1])


class ClockNews:
    """When the clock on the wall was last set, as far as this process noticed; safe for many threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._watch = ClockWatch()
        self._set: tuple[float, float] | None = None
        self._forward = 0.0

    def look(self, wall: datetime, steady: float) -> float:
        """By how many seconds it was set within the last hour, back where negative; 0 where it was not."""
        with self._turn:
            parted = self._watch.parted(wall, steady)
            if abs(parted) > A_JUMP:
                self._set = (parted, steady)
                self._forward += max(parted, 0.0)
            if self._set is None or steady - self._set[1] > _NEWS_FOR:
                return 0.0
            return self._set[0]

    @property
    def forward(self) -> float:
        """By how many seconds it was set forward, all together, since this process first looked."""
        return self._forward
