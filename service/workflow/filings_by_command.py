"""What is owed to a record system, in an operator's hands: the list, with reasons, and another try (rule 22)."""

from service.access.context import AccessContext, Origin, Role
from service.journal.entries import Filing
from service.journal.problems import NotYours
from service.store import filings
from service.workflow.desk import Desk
from service.workflow.send_again import put_on_its_way


def owed(desk: Desk, clinic: str) -> list[Filing]:
    """Everything of the clinic that is due, parked, refused, or amiss there, in the order it came: ids and states, no
    words."""
    return filings.open_filings(desk.store, desk.clinic(clinic).key, desk.now())


def try_again(desk: Desk, clinic: str, filing_id: str) -> None:
    """Put a parked or refused filing back in its lane, or one that is gone from there; NotYours for any other.

    Whether it was filed after all is looked up first by the worker, as at every attempt.
    """
    found = next((one for one in owed(desk, clinic) if one.id == filing_id), None)
    if found is None:
        raise NotYours
    operator = AccessContext(
        clinic=clinic, role=Role.OPERATOR, origin=Origin(desk.new_id()), client="command-line"
    )
    put_on_its_way(desk, operator, found)
