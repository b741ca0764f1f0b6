"""What became of one attempt, written down: state, next instant and audit record in one fenced deed (rule 22)."""

from datetime import timedelta

from service.audit.record import Deed, Record
from service.audit.record import Outcome as AuditOutcome
from service.ehr.outcome import Busy, Filed, HeldThere, NotSent, Outcome, Refused, Why
from service.ehr.retry import Done, Next, Park, Retry
from service.journal.entries import FilingKind, FilingState
from service.store import deeds
from service.workflow.in_hand import SENT_ALL_THE_SAME, InHand
from service.workflow.remember import record

QUIET = NotSent("quiet-window")
HELD_AGAIN = timedelta(days=1)


_AS_IT_CAME = (
    Why.CONTENT,
    Why.FORM,
    Why.SIGN_IN,
    Why.SCOPE,
    Why.TARGET,
    Why.DECEASED,
    Why.INACTIVE,
    Why.NOT_OFFERED,
)


def settle(work: InHand, outcome: Outcome, decided: Next) -> None:
    """Write down what became of it and give the lane back."""
    changes: tuple[deeds.Change, ...] = (_change(work, outcome, decided), _given_back(work))
    if _left_nothing(outcome) and outcome != QUIET:
        # Nothing of this attempt is under way there. What an earlier one may have left stays noted.
        changes = (deeds.NoteSendStarted(work.filing.id, work.claimed.send_started_at), *changes)
    if isinstance(decided, Done):
        known = () if decided.held else (deeds.NoteSendStarted(work.filing.id, None),)
        changes = (*known, *_ended(work), *changes)
    work.perform(*changes, records=(_remembered(work, outcome, decided),))
    work.desk.at("K8")


def settle_nothing_there(work: InHand) -> None:
    """Nothing of the entry stands in the record system: there is nothing to be struck."""
    now = work.desk.now()
    over = deeds.SettleFiling(work.filing.id, FilingState.CANCELLED, "nothing-there", None, now)
    remembered = _record(work, None, "nothing-there", AuditOutcome.SUCCESS)
    work.perform(*_ended(work), over, _given_back(work), records=(remembered,))
    work.desk.at("K8")


def _given_back(work: InHand) -> deeds.Change:
    return deeds.ReleaseLane(work.filing.patient_id, work.claimed.fence)


def _ended(work: InHand) -> tuple[deeds.Change, ...]:
    """What a strike brings to an end: what earlier versions still owe, and what waits for a person there."""
    if work.filing.kind is not FilingKind.STRIKE:
        return ()
    entry = work.entry
    return (deeds.CancelFilings(entry.id, entry.version, "entered-in-error", work.desk.now()),)


def _left_nothing(outcome: Outcome) -> bool:
    """Whether the record system can hold nothing of this attempt: it never left, or was refused as it came."""
    if isinstance(outcome, Refused):
        return outcome.why in _AS_IT_CAME
    return isinstance(outcome, Busy | NotSent)


def _change(work: InHand, outcome: Outcome, decided: Next) -> deeds.Change:
    filing, now = work.filing, work.desk.now()
    if isinstance(decided, Retry):
        attempts = filing.attempts + (1 if decided.counts else 0)
        reason = SENT_ALL_THE_SAME if work.is_decided else decided.reason
        return deeds.PostponeFiling(filing.id, decided.at, attempts, reason, tried_at=now)
    if isinstance(decided, Park):
        refused = isinstance(outcome, Refused)
        state = FilingState.REFUSED if refused else FilingState.PARKED
        again = now + work.clinic.filing.quiet_window
        return deeds.SettleFiling(filing.id, state, decided.reason, None, now, due_at=again)
    state = FilingState.HELD_THERE if decided.held else FilingState.FILED
    document = outcome.id if isinstance(outcome, Filed | HeldThere) else None
    again = now + (HELD_AGAIN if decided.held else work.clinic.filing.quiet_window)
    return deeds.SettleFiling(filing.id, state, None, document, now, due_at=again)


_TYPES = {
    FilingKind.SUMMARY: "DocumentReference",
    FilingKind.COURSE: "DocumentReference",
    FilingKind.STRIKE: "DocumentReference",
    FilingKind.RESPONSE: "QuestionnaireResponse",
}


def _remembered(work: InHand, outcome: Outcome, decided: Next) -> Record:
    filed = f"{_TYPES[work.filing.kind]}/{outcome.id}" if isinstance(outcome, Filed) else None
    if isinstance(decided, Done):
        return _record(work, filed, None, AuditOutcome.SUCCESS)
    return _record(work, filed, decided.reason, AuditOutcome.FAILED)


def _record(work: InHand, filed: str | None, reason: str | None, outcome: AuditOutcome) -> Record:
    return record(
        work.desk,
        work.context,
        Deed.FILING,
        patient=work.filing.patient_id,
        what=filed or f"QuestionnaireResponse/{work.entry.id}/_history/{work.entry.version}",
        outcome=outcome,
        reason=reason,
    )
