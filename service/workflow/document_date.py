"""The date that a filed document bears, for those who look for it by its bytes; apart, since looks and strikes ask.

It is the instant at which the version was sent to us. The first attempt may be a day later, after the clinic's
release: a search from that day on would pass by what stands there.
"""

from datetime import datetime

from service.journal.entries import Filing
from service.store import entries
from service.store.engine import Store


def dated(store: Store, clinic: str, filing: Filing) -> datetime:
    """The date of this filing's document, in UTC; LookupError where there is no such version."""
    version = entries.for_delivery(store, clinic, filing.entry_id, filing.entry_version)
    if version is None:
        raise LookupError("there is no such version")
    return version.recorded_at
