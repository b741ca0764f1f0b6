"""What is owed to a record system, in an operator's hands: the list, with reasons, and another try (rule 22)."""

from service.access.context import AccessContext, Origin, Role
from service.journal.entries import Filing, FilingState
from service.journal.problems import ChangedElsewhere, NotYours
from service.store import filings
from service.workflow.desk import Desk
from service.workflow.send_again import is_closed, put_on_its_way

_FOR_A_PERSON = (FilingState.PARKED, FilingState.REFUSED)


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
    put_on_its_way(desk, _operator(desk, clinic), found)


def resume(desk: Desk, clinic: str, reason: str) -> int:
    """Put everything of the clinic back in its lanes that waits for a person for this reason; how many there were.

    For a cause that was mended for all of them at once, as a right given back (F14). What waits because a record is
    closed is never among them: that is decided one by one (F53).
    """
    operator = _operator(desk, clinic)
    waiting = [one for one in owed(desk, clinic) if one.state in _FOR_A_PERSON and one.reason == reason]
    return sum(_resumed(desk, operator, one) for one in waiting if not is_closed(one))


def _resumed(desk: Desk, operator: AccessContext, filing: Filing) -> bool:
    try:
        put_on_its_way(desk, operator, filing)
    except ChangedElsewhere:
        return False  # somebody sent it meanwhile
    return True


def _operator(desk: Desk, clinic: str) -> AccessContext:
    return AccessContext(
        clinic=clinic, role=Role.OPERATOR, origin=Origin(desk.new_id()), client="command-line"
    )
