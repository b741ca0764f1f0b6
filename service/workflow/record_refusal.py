"""A door refused somebody: that, too, is remembered (product rule 25)."""

from service.access.context import AccessContext
from service.audit.record import Deed, Outcome
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record


def record_refusal(desk: Desk, context: AccessContext | None, door: str, reason: str) -> None:
    """Remember that this door did not open, and why; without a context there is no clinic's log to write to."""
    if context is None or context.clinic not in desk.clinics:
        return
    refused = record(
        desk,
        context,
        Deed.REFUSAL,
        patient=context.only_patient,
        what=door,
        outcome=Outcome.REFUSED,
        reason=reason,
    )
    before_answering(desk, context, [refused])
