"""The worker's verb: take what is owed to the record system, file it, and write down what became of it (rules 19-22).

Intent is stored before sending, every write after the claim is fenced by the patient's lane, and whether to try
again is decided by a pure function (fault matrix, section 2).
"""

from datetime import datetime, timedelta

from service.access.context import AccessContext, Origin, Role
from service.ehr.outcome import Filed, Outcome, Rung
from service.ehr.retry import Retry, Tried, next_attempt
from service.journal.entries import FilingKind
from service.store import deeds, entries, filings, finding, sessions
from service.store.deeds import GuardFailed
from service.store.filings import Claimed, HeldLane
from service.workflow.desk import LEASE, Desk
from service.workflow.file_response import file_response
from service.workflow.file_summary import after_all, file_summary
from service.workflow.in_hand import InHand, NotNow
from service.workflow.settle_filing import QUIET, settle, settle_nothing_there
from service.workflow.strike_summary import strike_summary


def take_over(desk: Desk) -> None:
    """The one process that may deliver here has started: what its predecessor had in hand is nobody's any more.

    Only where one process serves (the folder's lock says so); elsewhere a lease ends by its time alone.
    """
    desk.writer.run_alone(filings.free_every_lane)
    desk.writer.run_alone(finding.end_every_lease)


def forget_expired(desk: Desk) -> None:
    """Drop the visits and launches whose time is over, with the tokens they hold."""
    now = desk.now()
    desk.writer.run_alone(lambda connection: sessions.forget_expired(connection, now))


def deliver_next(desk: Desk, clinic_key: str, owner: str) -> bool:
    """Do the clinic's next due filing; whether there was one to try. `owner` names the worker in its lease.

    While the record system does not answer at all, nothing is claimed but a probe now and then (W-20).
    """
    now = desk.now()
    desk.clock_news.look(now, desk.steady())
    desk.at("K0")
    if not desk.breakers.begin(clinic_key, now):
        return False
    taken = _claim(desk, clinic_key, now, owner)
    if taken is None:
        desk.breakers.give_back(clinic_key)
        return False
    desk.at("K1")
    claimed, until = taken
    work = _in_hand(desk, clinic_key, claimed, until)
    try:
        if work is not None:
            _deliver(work)
            return True
    except GuardFailed:
        pass  # what we know is old: another worker holds the lane, or the filing was cancelled
    _give_back(desk, clinic_key, claimed)
    return True


def _claim(desk: Desk, clinic_key: str, now: datetime, owner: str) -> tuple[Claimed, float] | None:
    """What is taken up, and when its lease is over by the steady clock, which is read before anything is written."""
    asked_at = desk.steady()
    claimed = desk.writer.run_alone(
        lambda connection: filings.claim_next(
            connection,
            desk.store.seal,
            clinic_key,
            now,
            LEASE,
            owner,
            over=lambda held: desk.leases.over(clinic_key, held, desk.steady()),
        )
    )
    if claimed is None:
        return None
    lane = HeldLane(claimed.filing.patient_id, claimed.fence)
    return claimed, desk.leases.taken(clinic_key, lane, asked_at)


def _give_back(desk: Desk, clinic_key: str, claimed: Claimed) -> None:
    """The lane is free again where it is still ours; nothing is written down of the filing."""
    desk.breakers.give_back(clinic_key)
    lane = deeds.ReleaseLane(claimed.filing.patient_id, claimed.fence)
    desk.writer.perform(deeds.Deed(clinic_key, changes=(lane,)))


def _in_hand(desk: Desk, clinic_key: str, claimed: Claimed, until: float) -> InHand | None:
    """The claimed filing with its entry; None where that was taken back meanwhile."""
    owed = claimed.filing
    entry = entries.for_delivery(desk.store, clinic_key, owed.entry_id, owed.entry_version)
    if entry is None:
        return None
    context = AccessContext(
        clinic=clinic_key,
        role=Role.WORKER,
        origin=Origin(desk.new_id()),
        client="infusion-journal-worker",
        patients=frozenset({owed.patient_id}),
    )
    return InHand(desk, desk.clinic(clinic_key), claimed, entry, context, entry.patient_id, until)


def _deliver(work: InHand) -> None:
    quiet_until = _quiet_until(work)
    if quiet_until is not None:
        _heard(work, QUIET)
        settle(work, QUIET, quiet_until)
        return
    try:
        outcome = _attempt(work)
        _heard(work, outcome)
    except NotNow as early:
        _heard(work, early.outcome)
        work, outcome = _after_all(work, early.outcome)
    if outcome is None:
        settle_nothing_there(work)
        return
    decided = next_attempt(
        outcome,
        Tried(work.filing.attempts + 1, work.filing.first_tried_at or work.desk.now()),
        now=work.desk.now(),
        random=work.desk.chance,
        rung=work.rung,
        quiet_window=work.clinic.filing.quiet_window,
    )
    settle(work, outcome, decided)


def _heard(work: InHand, outcome: Outcome | None) -> None:
    """Tell the clinic's breaker; a strike that found nothing has been answered, too."""
    breakers = work.desk.breakers
    breakers.heard(work.clinic.key, outcome or Filed(""), work.filing.patient_id, work.desk.now())


def _attempt(work: InHand) -> Outcome | None:
    match work.filing.kind:
        case FilingKind.SUMMARY | FilingKind.COURSE:
            return file_summary(work)
        case FilingKind.RESPONSE:
            return file_response(work)
        case FilingKind.STRIKE:
            return strike_summary(work)


def _after_all(work: InHand, outcome: Outcome) -> tuple[InHand, Outcome]:
    is_document = work.filing.kind in (FilingKind.SUMMARY, FilingKind.COURSE)
    return after_all(work, outcome) if is_document else (work, outcome)


def _quiet_until(work: InHand) -> Retry | None:
    """On rung C an unresolved send may still be committed there: wait it out (fault matrix, section 2, rule 2)."""
    started = work.claimed.send_started_at
    if started is None or work.rung is not Rung.SEARCH:
        return None
    quiet = work.quiet_for(work.filing.id, started)
    return Retry(work.desk.now() + quiet, "quiet-window", counts=False) if quiet > timedelta(0) else None
