"""Threads that move one at a time, each from one gate to the next, as whoever holds the schedule says.

The service's own code runs in them unchanged. What happens at a gate, going on, waiting or dying, follows from the
seed alone, so that a schedule can be run again exactly.
"""

import threading
from collections.abc import Callable

_PATIENCE = 60.0  # real seconds for a single step: more means that the code hangs


class Died(BaseException):
    """The process was killed here: what stands above in the stack writes nothing any more."""


class Stuck(RuntimeError):
    """A step did not come to its next gate."""


class Actor:
    """One thread of work. It stands at a gate, `at` which one it says, until it is told to go on or to die.

    Until `wakes_at` (true seconds) it sleeps, as a stopped process does; at `begun` it took up what it has in hand.
    `ended` once the work is over; `fault` is what the work failed with, if anything.
    """

    def __init__(self, name: str, work: Callable[["Actor"], None]) -> None:
        self.name = name
        self.at = "born"
        self.wakes_at = 0.0
        self.begun = 0.0
        self.ended = False
        self.fault: BaseException | None = None
        self._work = work
        self._doomed = False
        self._mine, self._theirs = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether it stands in the middle of something."""
        return not self.ended and self.at not in ("born", "idle")

    def step(self) -> None:
        """Let it go on to its next gate."""
        self._mine.release()
        if not self._theirs.acquire(timeout=_PATIENCE):
            raise Stuck(f"{self.name} after {self.at}")
        if self.ended:
            self._thread.join()

    def die(self) -> None:
        """Kill it where it stands."""
        self._doomed = True
        if not self.ended:
            self.step()

    def gate(self, point: str) -> None:
        """Stand here until told; only for the thread itself."""
        self.at = point
        self._theirs.release()
        self._mine.acquire()
        if self._doomed:
            raise Died

    def _run(self) -> None:
        self._mine.acquire()
        try:
            if not self._doomed:
                self._work(self)
        except Died:
            pass
        except BaseException as fault:
            self.fault = fault
        self.ended = True
        self._theirs.release()
