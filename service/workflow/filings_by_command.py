"""What is owed to a record system, in an operator's hands: the list, with reasons, and another try (rule 22)."""

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed
from service.journal.entries import Filing, FilingState
from service.journal.problems import NotYours
from service.store import deeds, filings
from service.workflow.desk import Desk
from service.workflow.remember import record


def owed(desk: Desk, clinic: str) -> list[Filing]:
    """Everything of the clinic that is due, parked or refused, in the order it came: ids and states, no words."""
    return filings.open_filings(desk.store, desk.clinic(clinic).key)


def try_again(desk: Desk, clinic: str, filing_id: str) -> None:
    """Put a parked or refused filing back in its lane, due now; NotYours where nothing of that id is owed, or where it
    waits for an encounter (rule 11).

    Whether it was filed after all is looked up first by the worker, as at every attempt.
    """
    found = next((one for one in owed(desk, clinic) if one.id == filing_id), None)
    if found is None or found.state is FilingState.WAITING:
        raise NotYours
    operator = AccessContext(
        clinic=clinic, role=Role.OPERATOR, origin=Origin(desk.new_id()), client="command-line"
    )
    remembered = record(
        desk, operator, Deed.FILING, patient=found.patient_id, what=filing_id, reason="tried-again"
    )
    again = deeds.PostponeFiling(filing_id, desk.now(), 0, None)
    desk.writer.perform(deeds.Deed(clinic, changes=(again,), records=(remembered,)))
