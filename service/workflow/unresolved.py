"""For how long this process has known of a send whose end nobody knows, by its steady clock (decision 0033, fault F55).

The instant of such a send lies in the database, as some machine's wall showed it. Whether the quiet window is over,
no wall can tell that may have been set meanwhile: only who has watched for so long knows.
"""

import threading
from datetime import datetime

_FORGOTTEN_AFTER = 8 * 86_400.0  # seconds: longer than anything is tried
_MANY = 1000


class Unresolved:
    """What this process has seen of begun sends, in seconds of its steady clock; safe for many threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._seen: dict[tuple[str, str, datetime], float] = {}

    def known_for(self, clinic: str, filing: str, started: datetime, at: float, before: float) -> float:
        """For how many seconds the send of this filing that was begun then has been waited for.

        `before`: how many they were, as far as anybody can tell, if it is seen here for the first time. Who sends tells
        it before the first byte leaves, with none.
        """
        with self._turn:
            if len(self._seen) >= _MANY:
                self._seen = {
                    one: since for one, since in self._seen.items() if at - since < _FORGOTTEN_AFTER
                }
            return at - self._seen.setdefault((clinic, filing, started), at - max(before, 0.0))
