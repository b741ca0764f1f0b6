"""Which leases of others are over, judged by this process's own steady clock and never by the one on the wall.

A lease lies in the database, and so does the instant at which it ends; but whose clock was set meanwhile, nobody can
tell. So an instant decides nothing here: who wants to take a lane over must have seen one and the same lease for as
long as a lease lasts. Its holder counts from before it took it, and stops earlier (fault F55, decision 0033).
"""

import threading
from collections.abc import Iterable

from service.store.filings import HeldLane


class Leases:
    """What this process has seen of the lanes' leases, in seconds of its steady clock; `seconds` is how long one lasts.

    Safe for many threads. It forgets what is not held any more.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._turn = threading.Lock()
        self._seen: dict[str, dict[HeldLane, float]] = {}

    def over(self, clinic: str, held: Iterable[HeldLane], at: float) -> frozenset[HeldLane]:
        """Of the leases that are held now, those that have been seen for their whole length."""
        with self._turn:
            before = self._seen.get(clinic, {})
            seen = {one: before.get(one, at) for one in held}
            self._seen[clinic] = seen
            return frozenset(one for one, since in seen.items() if at - since >= self._seconds)

    def taken(self, clinic: str, lane: HeldLane, at: float) -> float:
        """This process takes the lane, having asked at `at`; when its lease is over, in seconds of the steady clock."""
        with self._turn:
            self._seen.setdefault(clinic, {})[lane] = at
            return at + self._seconds
