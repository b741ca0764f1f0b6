"""What a worker has in hand: one claimed filing under its lease, and the rules that hold for whatever it does with it.

Every write is fenced by the patient's lane, intent is written down before sending, and nothing leaves that the lease
would not outlast (fault matrix, section 2, rules 1 and 2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from service.access.context import AccessContext
from service.audit.record import Record
from service.ehr.failures import outcome_of
from service.ehr.outcome import Busy, NotSent, Outcome, Refused, Rung, Unknown, Why
from service.ehr.problems import RecordSystemProblem
from service.journal.entries import EntryVersion, Filing, FilingKind
from service.r4.patient import PatientSeen
from service.smart.problems import ScopeMissing, SmartProblem
from service.store import deeds
from service.store.filings import Claimed
from service.workflow.desk import ClinicDesk, Desk

Answer = TypeVar("Answer")
# What a create and its read-back may take at the most, deadlines of 20 s each and a margin.
ATTEMPT = timedelta(seconds=60)
# On rung D nothing tells whether a begun send arrived: after a worker that died over it, a person must.
UNRESOLVED = Unknown("send-unresolved")
# In the place of a reason, until it is filed: a person knew that the patient died, or that the record is out of use.
SENT_ALL_THE_SAME = "sent-all-the-same"
# The first word of a reason; the scopes that were asked for and not granted follow it.
SCOPE_MISSING = "scope-missing"


@dataclass(frozen=True, slots=True)
class InHand:
    """One filing, its entry version, and whose record it goes to (`subject`: a patient's id there).

    `patient` is that record as it was read in this attempt, once it was. `until`: when the lease is over, in seconds of
    the steady clock.
    """

    desk: Desk
    clinic: ClinicDesk
    claimed: Claimed
    entry: EntryVersion
    context: AccessContext
    subject: str
    until: float
    patient: PatientSeen | None = None

    @property
    def filing(self) -> Filing:
        """What is owed."""
        return self.claimed.filing

    @property
    def rung(self) -> Rung:
        """How filing it twice is kept off; a strike may be repeated as often as one likes."""
        return Rung.PUT if self.filing.kind is FilingKind.STRIKE else self.clinic.filing.standing

    @property
    def is_sent_anew(self) -> bool:
        """Whether a person sent it on its way, and nothing was tried since."""
        return self.filing.first_tried_at is None

    @property
    def is_decided(self) -> bool:
        """Whether a person has seen that the record is closed, and sent it on its way all the same."""
        return self.filing.reason == SENT_ALL_THE_SAME

    @property
    def fenced(self) -> tuple[deeds.Guard, ...]:
        """What must still be true for whatever is written down of it."""
        return (
            deeds.LaneIsHeld(self.filing.patient_id, self.claimed.fence),
            deeds.FilingIsDue(self.filing.id),
        )

    def perform(self, *changes: deeds.Change, records: tuple[Record, ...] = ()) -> None:
        """One fenced deed; GuardFailed where the lease ran out and another worker holds the lane."""
        self.desk.writer.perform(deeds.Deed(self.clinic.key, self.fenced, changes, records))

    def may_send(self) -> bool:
        """Whether the lease outlasts one more request: what leaves after it could meet another worker's (rule 1).

        By both clocks: the one on the wall may have been set back, and the steady one stands still where a whole
        machine is put to sleep (F55).
        """
        steady = self.desk.steady() + ATTEMPT.total_seconds() < self.until
        return steady and self.desk.now() + ATTEMPT < self.claimed.lease_until

    def begin_to_send(self) -> bool:
        """Write the intent down directly before it leaves; false where the lease would not last."""
        if not self.may_send():
            return False
        started = self.desk.now()
        self.quiet_for(self.filing.id, started)
        self.perform(deeds.NoteSendStarted(self.filing.id, started))
        self.desk.at("K5")
        return True

    def quiet_for(self, filing_id: str, started: datetime) -> timedelta:
        """For how long the record system may still commit what this filing began to send then; 0 or less: no longer.

        Counted by what this process has seen itself, since a clock on the wall may be set. Of what others began, the
        wall is believed but for what this process saw it being set forward (decision 0033).
        """
        desk, quiet = self.desk, ATTEMPT + self.clinic.filing.quiet_window
        wall, steady = desk.now(), desk.steady()
        desk.clock_news.look(wall, steady)
        before = (wall - started).total_seconds() - desk.clock_news.forward
        known = desk.unresolved.known_for(self.clinic.key, filing_id, started, steady, before)
        return quiet - timedelta(seconds=known)

    def sign_in(self) -> None:
        """Have a token ready; NotNow where there is none to be had."""
        asked(self.clinic.for_delivery.sign_in, "no-token")
        self.desk.at("K2")


class NotNow(Exception):
    """The attempt ended before anything could be sent; `outcome` says how."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def asked(ask: Callable[[], Answer], reason: str) -> Answer:
    """The record system's answer to a question that writes nothing; NotNow with this reason where it has none.

    Where it asks to wait, or refuses us by token or scope, the outcome says so (C3).
    """
    try:
        return ask()
    except RecordSystemProblem as problem:
        outcome = outcome_of(problem)
        lasting = isinstance(outcome, Refused) and outcome.why in (Why.SIGN_IN, Why.SCOPE)
        as_told = lasting or isinstance(outcome, Busy)
        raise NotNow(outcome if as_told else NotSent(reason, problem.retry_after)) from None
    except ScopeMissing as problem:
        # It stays due and says what is missing: once the clinic gives the right back, all of it goes by itself (F14).
        raise NotNow(NotSent(f"{SCOPE_MISSING} {' '.join(problem.missing)}")) from None
    except SmartProblem as problem:
        raise NotNow(NotSent(problem.reason or "no-token")) from None
