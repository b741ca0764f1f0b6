"""What is owed to the record system and is not there, or not as it was sent, for those who can mend it (rule 22).

Whoever reads it sees states and reasons, and no word that a patient wrote.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import EntryVersion, Filing, FilingKind, FilingState
from service.journal.problems import NotYours
from service.r4.patient import PatientSeen
from service.store import documents, filings
from service.store.documents import Document
from service.workflow.decide import chart_of, is_care_team
from service.workflow.desk import Desk
from service.workflow.open_course import OpenedCourse, look, reached
from service.workflow.open_worklist import MOST, named
from service.workflow.remember import before_answering, record

_LATE = timedelta(hours=1)  # so long after its time something is late even if nothing has failed


@dataclass(frozen=True, slots=True)
class NotThere:
    """One filing that is not in the record as it should be, and the newest version of its entry.

    `has_paper`: its summary was made already, and can be had by who reads this patient's chart.
    """

    filing: Filing
    entry: EntryVersion | None
    has_paper: bool = False


@dataclass(frozen=True, slots=True)
class PatientOwed:
    """What is not in the record of one patient. `patient` is None where nobody says their name."""

    opened: OpenedCourse
    found: tuple[NotThere, ...]
    patient: PatientSeen | None = None


def waits_for_a_person(filing: Filing) -> bool:
    """Whether nothing more happens to it by itself: refused, parked, or amiss where it stands."""
    return filing.state in (FilingState.PARKED, FilingState.REFUSED) or filing.trouble is not None


def is_behind(filing: Filing, now: datetime) -> bool:
    """Whether it is on the list: whatever waits for a person or a visit, and from its first failure on (W-20)."""
    if waits_for_a_person(filing) or filing.state is FilingState.WAITING:
        return True
    return filing.state is FilingState.DUE and (filing.reason is not None or filing.due_at + _LATE <= now)


def open_filings(desk: Desk, context: AccessContext) -> PatientOwed:
    """What is not in the record of the patient whose chart is open; remembered as a read of each record in reach."""
    owed = _owed(desk, context)
    found = tuple(replace(one, has_paper=_paper(desk, context, one.filing) is not None) for one in owed.found)
    reads = [record(desk, context, Deed.READ, patient=one, what="Filings") for one in reached(context)]
    before_answering(desk, context, reads)
    return replace(owed, found=found)


def open_filings_of_all(desk: Desk, context: AccessContext) -> tuple[PatientOwed, ...]:
    """The same of every patient of the clinic of whom something is not there, the longest owed first; remembered.

    NotYours for whoever is not on the care team (rule 29).
    """
    if not is_care_team(desk, context):
        raise NotYours
    now = desk.now()
    behind = [one for one in filings.open_filings(desk.store, context.clinic, now) if is_behind(one, now)]
    ids = tuple(dict.fromkeys(one.patient_id for one in behind))[:MOST]
    names = named(desk, context.clinic, ids)
    all_owed = [replace(_owed(desk, chart_of(desk, context, one)), patient=names.get(one)) for one in ids]
    shown = tuple(one for one in all_owed if one.found)
    reads = [record(desk, context, Deed.READ, patient=one.opened.patient_id, what="Filings") for one in shown]
    before_answering(desk, context, reads or [record(desk, context, Deed.SEARCH, what="Filings")])
    return shown


def read_paper(desk: Desk, context: AccessContext, filing_id: str) -> Document:
    """The summary that was made for this filing of the patient whose chart is open; remembered as printed.

    NotYours where there is none within reach.
    """
    mine = next((one for one in look(desk, context).owed if one.id == filing_id), None)
    paper = _paper(desk, context, mine) if mine else None
    if mine is None or paper is None:
        raise NotYours
    what = f"Binary/{mine.entry_id}.{mine.entry_version}"
    before_answering(desk, context, [record(desk, context, Deed.PRINT, patient=mine.patient_id, what=what)])
    return paper


def _owed(desk: Desk, context: AccessContext) -> PatientOwed:
    opened = look(desk, context)
    return PatientOwed(opened, tuple(_not_there(opened, desk.now())))


def _not_there(opened: OpenedCourse, now: datetime) -> Iterable[NotThere]:
    sent = {step.entry.id: step.entry for step in opened.steps if step.entry is not None}
    for one in opened.owed:
        if is_behind(one, now):
            yield NotThere(one, sent.get(one.entry_id))


def _paper(desk: Desk, context: AccessContext, filing: Filing) -> Document | None:
    if filing.kind is FilingKind.COURSE:
        return None  # the chart makes one at any time
    return documents.rendered_from(desk.store, context, filing.entry_id, filing.entry_version)
