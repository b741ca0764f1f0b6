"""What an operator should know of the clocks: ours that was set, a record system's that is far from it (F23, F55)."""

from datetime import timedelta

from service.smart.clocks import length, worth_saying
from service.workflow.desk import Desk


def how_clocks_stand(desk: Desk) -> tuple[str, ...]:
    """A line for each thing that is amiss, as far as this process knows; none where all is well."""
    parted = desk.clock_news.look(desk.now(), desk.steady())
    way = "forward" if parted > 0 else "back"
    ours = (f"our clock was set {way} by {length(timedelta(seconds=parted))}",) if parted else ()
    theirs = ((key, worth_saying(clinic.their_clock)) for key, clinic in sorted(desk.clinics.items()))
    return (*ours, *(f"{key}: the record system's clock is {words}" for key, words in theirs if words))
