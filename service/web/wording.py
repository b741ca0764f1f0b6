"""From states to the words that pages know them by: the same for patient, clinician and API."""

from datetime import datetime

from service.journal.entries import EntryStatus, EntryVersion, Filing, FilingState
from service.journal.lookback import Remembered
from service.journal.release import is_held
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


_STRIKING = {FilingState.FILED: "struck", FilingState.PARKED: "not-struck", FilingState.REFUSED: "not-struck"}


def own_state(entry: EntryVersion, filing: Filing | None, now: datetime) -> str:
    """The same for its patient, who knows more: held until its release, and what became of a mistake.

    A mistake reads mistake where nothing of it is in the record, striking, struck or not-struck where something was.
    """
    if entry.status is EntryStatus.ENTERED_IN_ERROR:
        return _STRIKING.get(filing.state, "striking") if filing else "mistake"
    return "held" if filing and is_held(entry, now) else delivery_state(filing)


def asked_state(step: Step) -> str:
    """Where the writing for an infusion stands; asked-already where its set was written before in the series."""
    return "asked-already" if step.asked_already else step.standing


def looking_back(earlier: Remembered, zone: str, language: str) -> str:
    """What stands over an earlier answer: after which infusion it was written, when that was, what was asked."""
    when = f" ({day(earlier.infusion_start, zone, language)})" if earlier.infusion_start else ""
    after = f"after infusion {earlier.ordinal}{when}" if earlier.ordinal else "earlier"
    return f"What you wrote {after}: {earlier.prompt}"
