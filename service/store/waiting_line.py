"""The line in which deeds wait for the writer: bounded, and handed out in groups that share a transaction."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition

from sqlalchemy import Connection

from service.store.deeds import Deed

Work = Deed | Callable[[Connection], object]


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A deed, or a function to run alone, and the answer that somebody waits for."""

    work: Work
    answer: Future[object] = field(default_factory=Future)

    @property
    def is_deed(self) -> bool:
        """Whether it may share a transaction."""
        return isinstance(self.work, Deed)


class WaitingLine:
    """First come, first served. Whoever gave up waiting is left out."""

    def __init__(self, most_waiting: int, most_together: int) -> None:
        self._most_waiting = most_waiting
        self._most_together = most_together
        self._waiting: deque[Waiting] = deque()
        self._changed = Condition()
        self._is_open = True

    @property
    def is_open(self) -> bool:
        """Whether anybody may still join."""
        return self._is_open

    def join(self, one: Waiting) -> bool:
        """Whether there was room at the end of the line."""
        with self._changed:
            if not self._is_open or len(self._waiting) >= self._most_waiting:
                return False
            self._waiting.append(one)
            self._changed.notify()
            return True

    def close(self) -> None:
        """Let nobody join any more; those in the line are still served."""
        with self._changed:
            self._is_open = False
            self._changed.notify()

    def next_group(self) -> list[Waiting] | None:
        """Those whose turn it is, waiting for somebody to come; None once the line is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._is_open)
            if not self._waiting:
                return None
            group = [self._waiting.popleft()]
            while self._has_company_for(group):
                group.append(self._waiting.popleft())
        return [one for one in group if one.answer.set_running_or_notify_cancel()]

    def _has_company_for(self, group: list[Waiting]) -> bool:
        return (
            len(group) < self._most_together
            and bool(self._waiting)
            and group[0].is_deed
            and self._waiting[0].is_deed
        )
