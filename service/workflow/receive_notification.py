"""The record system says that an encounter changed: a word that is only ever a reason to go and look (fhir-rest G)."""

import hmac
from collections.abc import Callable

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed, Outcome
from service.journal.problems import Fault, NotAllowed, NotYours, Unusable
from service.r4.subscription import Kind, Notification, read_notification
from service.store import deeds, finding
from service.workflow.desk import Desk
from service.workflow.remember import before_answering, record


class NotANotification(Unusable):
    """This is no notification of a Subscription."""


def receive_notification(
    desk: Desk, clinic_key: str, shown: str, read: Callable[[], dict[str, object]], origin: Origin
) -> None:
    """Keep which encounters to look at. `shown` is the Authorization header, whose secret the clinic agreed on; only
    after it proved itself the body is read.

    NotYours where the clinic takes no notifications, NotAllowed for another secret, NotANotification for anything
    else than one. A gap in the numbers of events makes the next poll due at once.
    """
    clinic = desk.clinic(clinic_key)
    if clinic.finding.notify_secret is None:
        raise NotYours
    context = AccessContext(clinic_key, Role.CLIENT, origin, client="subscription", patients=frozenset())
    if not hmac.compare_digest(
        shown.encode("utf-8", "replace"), f"Bearer {clinic.finding.notify_secret}".encode()
    ):
        before_answering(
            desk, context, [record(desk, context, Deed.REFUSAL, what="Subscription", outcome=Outcome.REFUSED)]
        )
        raise NotAllowed
    try:
        told = read_notification(read())
    except ValueError as error:
        raise NotANotification(
            Fault("invalid", "Not a notification bundle of the R4 backport.", "Bundle")
        ) from error
    now = desk.now()
    changes: tuple[deeds.Change, ...] = tuple(deeds.KeepNotice(one, now) for one in told.encounter_ids)
    if told.events_so_far is not None:
        changes += _counted(desk, clinic_key, told)
    if changes:
        desk.writer.perform(deeds.Deed(clinic_key, changes=changes))


def _counted(desk: Desk, clinic_key: str, told: Notification) -> tuple[deeds.Change, ...]:
    """Remember the event's number; where numbers are missing, ask for everything that changed, now.

    A handshake begins a subscription and its numbers anew.
    """
    known = finding.finding_of(desk.store, clinic_key)
    last = known.last_event if known else None
    so_far = told.events_so_far or 0
    if told.kind is Kind.HANDSHAKE or last is None:
        return (deeds.KeepFinding(last_event=so_far),)
    is_gap = so_far > last + len(told.encounter_ids)
    return (deeds.KeepFinding(last_event=max(so_far, last), due_at=desk.now() if is_gap else None),)
