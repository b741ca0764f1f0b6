"""From states to the words that pages know them by: the same for patient, clinician and API."""

from service.journal.entries import Filing, FilingState
from service.journal.lookback import Remembered
from service.journal.steps import Step
from service.web.dates import day

_DELIVERY = {
    FilingState.DUE: "sent",
    FilingState.WAITING: "waiting",
    FilingState.FILED: "filed",
    FilingState.HELD_THERE: "held-there",
    FilingState.PARKED: "not-in-record",
    FilingState.REFUSED: "not-in-record",
    FilingState.CANCELLED: "sent",
}


def delivery_state(filing: Filing | None) -> str:
    """How far the entry is on its way: sent, waiting, filed, held-there, not-in-record; kept where nothing is owed."""
    return _DELIVERY[filing.state] if filing else "kept"


def asked_state(step: Step) -> str:
    """Where the writing for an infusion stands; asked-already where its set was written before in the series."""
    return "asked-already" if step.asked_already else step.standing


def looking_back(earlier: Remembered, zone: str, language: str) -> str:
    """What stands over an earlier answer: after which infusion it was written, when that was, what was asked."""
    when = f" ({day(earlier.infusion_start, zone, language)})" if earlier.infusion_start else ""
    after = f"after infusion {earlier.ordinal}{when}" if earlier.ordinal else "earlier"
    return f"What you wrote {after}: {earlier.prompt}"
