"""Time in a schedule: true time, which only moves on, and the clock on the wall, which somebody may set.

Record systems live by true time, the service by the clock on the wall.
"""

from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
_LOOK = timedelta(milliseconds=1)


class Time:
    """Seconds since the beginning, and what the wall shows; every look at the wall takes a millisecond."""

    def __init__(self) -> None:
        self._passed = timedelta(0)
        self._set_by = timedelta(0)

    @property
    def seconds(self) -> float:
        """True seconds since the schedule began."""
        return self._passed.total_seconds()

    def __call__(self) -> datetime:
        """The instant that the clock on the wall shows."""
        self._passed += _LOOK
        return self.wall

    @property
    def wall(self) -> datetime:
        """The same, without taking time."""
        return BEGINNING + self._passed + self._set_by

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += timedelta(milliseconds=round(seconds * 1000))

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the clock on the wall by so much, forward or back; no time passes."""
        self._set_by += timedelta(milliseconds=round(seconds * 1000))

    def until(self, wall: datetime) -> float:
        """In how many seconds the wall shows this instant."""
        return (wall - self.wall).total_seconds()
