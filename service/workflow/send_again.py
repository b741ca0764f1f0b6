"""A person sends on its way again what was parked or refused, or what is gone from the record (rule 22, F26).

Nothing does that by itself. The worker looks first whether it stands there after all, as at every attempt.
"""

from service.access.context import AccessContext
from service.audit.record import Deed
from service.ehr.outcome import Why
from service.journal.entries import Filing, FilingState
from service.journal.problems import ChangedElsewhere, NotYours
from service.store import deeds, filings
from service.store.deeds import GuardFailed
from service.workflow.decide import chart_of
from service.workflow.desk import Desk
from service.workflow.in_hand import SENT_ALL_THE_SAME
from service.workflow.remember import record

_OPEN = (FilingState.DUE, FilingState.PARKED, FilingState.REFUSED)
# What stands there several times, in other words or struck, another copy would not mend.
_GONE = ("missing-there", "held-too-long")


def may_be_sent_again(filing: Filing) -> bool:
    """Whether a person may send it on its way; not while it waits for an encounter (rule 11)."""
    return filing.state in _OPEN or filing.trouble in _GONE


def is_closed(filing: Filing) -> bool:
    """Whether it waits, or went on waiting, because the patient died or the record is out of use (F53)."""
    return filing.reason in (Why.DECEASED.value, Why.INACTIVE.value, SENT_ALL_THE_SAME)


def send_again(desk: Desk, context: AccessContext, patient_id: str, filing_id: str) -> None:
    """Send this patient's filing on its way again; NotYours where there is none within reach that may be.

    Of the patient whose chart is open, or of any for the care team (rule 29). ChangedElsewhere where somebody was
    quicker.
    """
    is_open = context.patients is not None and patient_id in context.patients
    chart = context if is_open else chart_of(desk, context, patient_id)
    mine = filings.of_patient(desk.store, chart, patient_id)
    found = next((one for one in mine if one.id == filing_id), None)
    if found is None:
        raise NotYours
    put_on_its_way(desk, chart, found)


def put_on_its_way(desk: Desk, context: AccessContext, filing: Filing) -> None:
    """The filing is due now, as it was just seen; NotYours where it may not be sent, ChangedElsewhere."""
    if not may_be_sent_again(filing):
        raise NotYours
    remembered = record(
        desk, context, Deed.FILING, patient=filing.patient_id, what=filing.id, reason="tried-again"
    )
    still = deeds.FilingIsAt(filing.id, filing.state)
    decided = SENT_ALL_THE_SAME if is_closed(filing) else None
    again = deeds.PostponeFiling(filing.id, desk.now(), 0, decided)
    try:
        desk.writer.perform(deeds.Deed(context.clinic, (still,), (again,), (remembered,)))
    except GuardFailed:
        raise ChangedElsewhere from None
