"""Signing out: the visit ends at once, on the server, and its tokens at the record system where that is offered."""

from service.access.context import AccessContext
from service.audit.record import Deed
from service.smart.problems import SmartProblem
from service.smart.token_endpoint import revoke
from service.store import deeds
from service.workflow.desk import Desk
from service.workflow.recognise import Visitor
from service.workflow.remember import record


def sign_out(desk: Desk, context: AccessContext, visitor: Visitor) -> None:
    """Close this visit and remember it."""
    remembered = record(desk, context, Deed.LOGOUT, patient=context.only_patient)
    closing = deeds.CloseVisit(visitor.visit.handle)
    desk.writer.perform(deeds.Deed(context.clinic, changes=(closing,), records=(remembered,)))
    _revoke(desk, visitor)


def _revoke(desk: Desk, visitor: Visitor) -> None:
    """Tell the record system that the tokens are done with (threat T22); signing out never fails for it."""
    clinic, contents = desk.clinic(visitor.visit.clinic), visitor.visit.contents
    try:
        endpoint = clinic.configurations.of(clinic.iss).revocation_endpoint
    except SmartProblem:
        return
    if endpoint is None:
        return
    token, hint = contents.access_token, "access_token"
    if contents.refresh_token is not None:
        token, hint = contents.refresh_token, "refresh_token"
    revoke(clinic.apps[visitor.visit.kind].caller, endpoint, token, hint)
