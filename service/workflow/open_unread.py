"""What no one of the care team has read yet, over patients, the oldest first (rules 17 and 29).

Whoever reads the list sees whose entries they are and when they were sent, and no word that a patient wrote.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import EntryVersion
from service.journal.problems import NotYours
from service.journal.unread import Reading
from service.r4.patient import PatientSeen
from service.store import entries, merges, read_marks
from service.store.read_marks import SentEntry
from service.workflow.decide import chart_of, is_care_team
from service.workflow.desk import Desk
from service.workflow.look_up_readings import look_up_readings
from service.workflow.open_worklist import MOST, named
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class UnreadEntry:
    """One entry that waits to be read, and the patient whose chart it is in."""

    patient_id: str
    entry: EntryVersion
    reading: Reading


@dataclass(frozen=True, slots=True)
class Unread:
    """The oldest entries that wait, and those of their patients whom the record system names. `are_more` than these."""

    entries: tuple[UnreadEntry, ...]
    patients: Mapping[str, PatientSeen]
    are_more: bool = False


def open_unread(desk: Desk, context: AccessContext, known: Mapping[str, PatientSeen] | None = None) -> Unread:
    """The clinic's entries that nobody has read, at most as many as one page shows; a read of each patient's.

    NotYours for whoever is not on the care team. `known` are patients whose names were asked for just now.
    """
    if not is_care_team(desk, context):
        raise NotYours
    found = list(islice(_waiting(desk, context), MOST + 1))
    shown = tuple(found[:MOST])
    ids = tuple(dict.fromkeys(one.patient_id for one in shown))
    names = dict(known or {})
    unnamed = tuple(one for one in ids if one not in names)
    if unnamed:
        names |= named(desk, context.clinic, unnamed)
    reads = [record(desk, context, Deed.READ, patient=one, what="Unread") for one in ids]
    before_answering(desk, context, reads or [record(desk, context, Deed.SEARCH, what="Unread")])
    return Unread(shown, names, are_more=len(found) > MOST)


def _waiting(desk: Desk, context: AccessContext) -> Iterator[UnreadEntry]:
    """What waits, page by page: of some entries nothing is shared, which their sealed words alone can tell."""
    behind: SentEntry | None = None
    while True:
        page = read_marks.not_read(desk.store, context.clinic, desk.now(), MOST, behind)
        for one in page:
            yield from _if_owed(desk, context, one)
        if len(page) < MOST:
            return
        behind = page[-1]


def _if_owed(desk: Desk, context: AccessContext, one: SentEntry) -> Iterator[UnreadEntry]:
    patient_id = _chart_holder(desk, context.clinic, one.patient_id)
    chart = chart_of(desk, context, patient_id)
    entry = entries.by_id(desk.store, chart, one.entry_id)
    if entry is None:
        return
    found = look_up_readings(desk, chart, [entry])[entry.id]
    if found.is_owed:
        yield UnreadEntry(patient_id, entry, found)


def _chart_holder(desk: Desk, clinic: str, patient_id: str) -> str:
    """Under whose id the record goes on, where the clinic reads merged records as one."""
    if not desk.clinic(clinic).merged_patients:
        return patient_id
    try:
        return merges.survivor(desk.store, clinic, patient_id) or patient_id
    except ValueError:
        return patient_id
