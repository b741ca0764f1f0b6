"""Making audit records: one per deed and patient touched (product rule 25)."""

from collections.abc import Iterable

from service.access.context import AccessContext
from service.audit.record import Agent, Deed, Outcome, Record
from service.store import deeds
from service.workflow.desk import Desk


def record(
    desk: Desk,
    context: AccessContext,
    deed: Deed,
    *,
    patient: str | None = None,
    what: str | None = None,
    query: str | None = None,
    outcome: Outcome = Outcome.SUCCESS,
    reason: str | None = None,
) -> Record:
    """The record of a deed done in this context, now."""
    return Record(
        id=desk.new_id(),
        clinic=context.clinic,
        recorded=desk.now(),
        deed=deed,
        outcome=outcome,
        agent=_agent(context),
        server=desk.clinic(context.clinic).base,
        request_id=context.origin.request_id,
        patient=patient,
        what=what,
        query=query,
        reason=reason,
    )


def before_answering(desk: Desk, context: AccessContext, records: Iterable[Record]) -> None:
    """Make the records of a read durable: only then may its answer leave (threat T45)."""
    desk.writer.perform(deeds.Deed(context.clinic, records=tuple(records)))


def _agent(context: AccessContext) -> Agent:
    return Agent(
        role=context.role.value,
        person=context.person,
        client=context.client,
        address=context.origin.address,
        token_digest=context.token_digest,
    )
