"""Signing out: the visit ends at once, on the server, whatever the browser keeps."""

from service.access.context import AccessContext
from service.audit.record import Deed
from service.store import deeds
from service.workflow.desk import Desk
from service.workflow.recognise import Visitor
from service.workflow.remember import record


def sign_out(desk: Desk, context: AccessContext, visitor: Visitor) -> None:
    """Close this visit and remember it."""
    remembered = record(desk, context, Deed.LOGOUT, patient=context.only_patient)
    closing = deeds.CloseVisit(visitor.visit.handle)
    desk.writer.perform(deeds.Deed(context.clinic, changes=(closing,), records=(remembered,)))
