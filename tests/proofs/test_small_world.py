"""A world that lasts leaves the process as it was: other tests read the clock and the log beside it."""

import structlog

from service import wiring
from tests.proofs.small_world import lasting_world


def test_the_clock_and_the_log_are_those_of_the_process() -> None:
    """A world shared by many tests once stopped the clock of every command that ran after it."""
    clock, processors = wiring.now, list(structlog.get_config()["processors"])
    with lasting_world() as world:
        assert wiring.now is clock
        assert structlog.get_config()["processors"] == processors
        assert world.desk.now() < clock()
