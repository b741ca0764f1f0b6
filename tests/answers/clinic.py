"""One clinic for one case: the service's own worker over a database, its time, its record system and a patient."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from service.ehr.client import RecordSystem as Client
from service.ehr.outcome import Rung
from service.journal.entries import Filing, FilingKind, FilingState
from service.smart.backend_services import BackendTokens
from service.smart.discovery import Configurations
from service.smart.token_endpoint import Caller
from service.workflow.clock_watch import ClockNews
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import LEASE, Breakers, Desk
from service.workflow.filings_by_command import owed, try_again
from service.workflow.leases import Leases
from service.workflow.look_after_filings import look_after_filings
from service.workflow.unresolved import Unresolved
from tests.answers.line import RESPONSE, Line
from tests.delivery.habits import Habits
from tests.delivery.house import House
from tests.delivery.lanes import Lanes
from tests.delivery.ledger import Ledger, Resource
from tests.delivery.people import People, chart_of
from tests.delivery.record_system import BASE, DOCUMENT, RecordSystem
from tests.delivery.time_passing import Time
from tests.ehr.worker import WORKER

HOUR = 3600.0
DAY = 24 * HOUR
PATIENT = "p1"
_SCOPES = f"system/Patient.rs system/Encounter.rs system/{DOCUMENT}.crus system/{RESPONSE}.crus"
_MOST_STEPS = 1500
_A_WHILE = 60.0  # until the worker asks again whether it may do what is due


class Endless(RuntimeError):
    """The worker goes on and on."""


@dataclass
class Clinic:
    """The clinic named `key`; its record system stands on this rung, and finds by search after `lag` seconds.

    `at` is told of each point of the delivery that is reached. `rules` are others of the clinic's filing rules.
    """

    home: House
    key: str
    rung: Rung
    lag: float = 0.0
    rules: dict[str, Any] = field(default_factory=dict)
    at: Callable[[str], None] = lambda _point: None

    def __post_init__(self) -> None:
        self.chance = Random(self.key)
        self.time = Time()
        habits = Habits(self.rung, self.rung is Rung.CONDITIONAL, self.rung is not Rung.NONE, self.lag, 0, 0)
        chart = chart_of((PATIENT,))
        self.record = RecordSystem(habits, self.time, chart)
        self.responses = RecordSystem(habits, self.time, chart, RESPONSE)
        self.line = Line({DOCUMENT: self.record, RESPONSE: self.responses}, self.time, _SCOPES)
        self.desk = self.home.desk_of(self.key, habits, self.time, self.key, **self.rules)
        self.people = People(self.desk, self.key, self.chance, (PATIENT,), strike_there=lambda: False)
        self.worker = self._worker()
        self._lanes = Lanes(self.desk.store, self.key)

    @property
    def ledger(self) -> Ledger:
        """What the record system really did with documents."""
        return self.record.ledger

    @property
    def filings(self) -> list[Filing]:
        """What is and was owed, in order."""
        return self._lanes.owed()

    @property
    def summary(self) -> Filing:
        """What is owed of the newest version's document."""
        return [one for one in self.filings if one.kind is FilingKind.SUMMARY][-1]

    @property
    def standing(self) -> list[Resource]:
        """The documents that stand there and are not struck."""
        return [one for one in self.ledger.standing() if one["status"] != "entered-in-error"]

    @property
    def shown(self) -> list[Filing]:
        """What is on the list of those who can mend it."""
        return owed(self.desk, self.key)

    def write(self) -> None:
        """The patient sends an entry."""
        self.people.send_for(PATIENT)

    def amend(self) -> None:
        """The patient changes what they wrote."""
        self.people.amend()

    def again(self) -> None:
        """A person sends again whatever waits for one."""
        for one in self.shown:
            try_again(self.desk, self.key, one.id)

    def deliver(self) -> bool:
        """One step of the worker; whether there was one to take."""
        self.home.wires.lay(self.line)
        return deliver_next(self.worker, self.key, "worker")

    def look(self) -> int:
        """The worker looks at what was filed, where that is due."""
        self.home.wires.lay(self.line)
        return look_after_filings(self.worker, self.key)

    def go_on(self, seconds: float) -> None:
        """Let the worker work and look for so long; Endless where it does not come to rest."""
        end = self.time.seconds + seconds
        for _ in range(_MOST_STEPS):
            self.record.catch_up()
            self.responses.catch_up()
            if self.deliver() or self.look():
                continue
            ahead = self._ahead()
            if ahead is None or self.time.seconds + ahead > end:
                self.time.pass_by(end - self.time.seconds)
                self.record.catch_up()
                self.responses.catch_up()
                return
            self.time.pass_by(ahead + 0.002)
        raise Endless(self.key)

    def _ahead(self) -> float | None:
        """In how many seconds the next thing happens; None where nothing is to come."""
        owed = self.filings
        coming = [self.time.until(one.due_at) for one in owed]
        coming += [_A_WHILE for one in owed if one.state is FilingState.DUE and one.due_at <= self.time.wall]
        coming += [
            one.next_at - self.time.seconds
            for one in (self.record, self.responses)
            if one.next_at is not None
        ]
        return min((one for one in coming if one > 0), default=None)

    def _worker(self) -> Desk:
        # In the wire's own thread; what is found out about tokens is this case's alone.
        http, time, clinic = self.home.http, self.time, self.desk.clinics[self.key]
        configurations = Configurations(http, time, loopback_allowed=True)
        tokens = BackendTokens(
            Caller(WORKER, http, time, self.chance.randbytes), BASE, configurations, _SCOPES
        )
        record = Client(BASE, http, tokens.token, renew=tokens.forget)
        return replace(
            self.desk,
            clinics={self.key: replace(clinic, for_delivery=record)},
            at=lambda point: self.at(point),
            breakers=Breakers(),
            leases=Leases(LEASE.total_seconds()),
            unresolved=Unresolved(),
            clock_news=ClockNews(),
        )
