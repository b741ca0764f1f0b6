"""One schedule: people, workers and a record system, interleaved at every gate as the seed says, until all has healed.

Workers are stopped for longer than their lease, die at any point and start again, wires fail, and the clock on the wall
is set. Then the faults stop, time goes on until nothing is to be done any more, and the ledger is judged.
"""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random

from service.ehr.outcome import Rung
from service.journal.problems import TooBusy
from service.store.engine import Store
from service.store.writer import Writer
from service.workflow.deliver_entry import deliver_next, take_over
from service.workflow.desk import LEASE, Desk
from service.workflow.look_after_filings import look_after_filings
from tests.delivery.beside import Beside, drawn
from tests.delivery.database import Troubles
from tests.delivery.habits import habits_of
from tests.delivery.house import House, Tokens
from tests.delivery.judge import STRUCK, Verdict, judge
from tests.delivery.judge_responses import judge_responses
from tests.delivery.lanes import Lanes
from tests.delivery.merging import Merging
from tests.delivery.people import People, chart_of
from tests.delivery.record_system import DOCUMENT, RESPONSE, RecordSystem
from tests.delivery.time_passing import Time
from tests.delivery.turns import Actor
from tests.delivery.wire import Weather, Wire

_RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE)
_LEASE = LEASE.total_seconds()
_MOST_STEPS = 6000
# So long everybody rests between looks that are in vain, before it is over: longer than a breaker stays open.
_RESTS = (1.0, 60.0, 600.0, 1800.0)
_A_DAY = 86_400.0  # after which what was filed is looked at again
_DAYS = 2  # on the second one what the first look found has its consequences for earlier versions
# Where a stop lengthens the way of bytes whose leaving was noted: a client that only searches cannot wait for ever.
_ON_THEIR_WAY = ("K5", "wire:POST", "wire:PUT")


def rung_of(number: int) -> Rung:
    """The rung on which the record system of this schedule stands: they take turns."""
    return _RUNGS[number % len(_RUNGS)]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a schedule came to: the verdict, what was injected, and the way it went (who stood where, in order)."""

    verdict: Verdict
    injected: Counter[str]
    trace: tuple[str, ...]


def _writer(store: Store) -> Writer:
    writer = Writer(store)
    writer.start()
    return writer


class Schedule:
    """The schedule with this seed and number, in this house; with what is drawn beside it, or with `beside`."""

    def __init__(self, house: House, seed: int, number: int, beside: Beside | None = None) -> None:
        name = f"{seed}/{number}"
        self._beside = drawn(name) if beside is None else beside
        self._house = house
        self._chance = chance = Random(name)
        self._key = f"clinic-{number}"
        self._time = Time()
        self._habits = habits = habits_of(rung_of(number), chance)
        patients = tuple(f"p{one}" for one in range(1, chance.choice((1, 1, 2)) + 1))
        self._merging = Merging(chart_of(patients), self._beside.brings)
        self._parts = self._record_system()
        troubled = chance.choice((0.05, 0.2, 0.5))
        self._weather = Weather(chance, troubled / 4, troubled)
        self._death, self._stop = chance.choice((0.0, 0.01, 0.04)), chance.choice((0.0, 0.01, 0.04))
        self._jumps = chance.choice((0.002, 0.002, 0.03))
        self._troubles = Troubles(Random(f"{name}/commits"), self._beside.database)
        self._writer = _writer(house.desk.store)
        house.database.troubles = self._troubles
        self._desk = self._beside.at(house.desk_of(self._key, habits, self._time, name), self._key)
        self._desk = replace(self._desk, writer=self._writer)
        # Whoever makes a version asks for a new id between looking and committing: workers may come between.
        deciding = replace(self._desk, new_id=self._deciding)
        self._people = People(deciding, self._key, chance, patients, strike_there=self._strike_there)
        self._deeds = chance.choice((1, 2, 2, 3, 4))
        self._slack = habits.slack
        self._healing = False
        self._looking = 0.1
        self._verdict = Verdict()
        self._trace: list[str] = []
        self._lanes = Lanes(house.desk.store, self._key)
        self._resting: set[str] = set()
        self._started = 0
        self._fruitless = 0
        self._steps, self._troubled_steps = 0, chance.choice((0, 60, 150, 300))
        self._workers = [self._start() for _ in range(chance.choice((1, 1, 2, 2, 3, 4)))]
        self._person = Actor("person", self._live)

    def run(self) -> Ended:
        """Let it happen, and judge."""
        try:
            self._go_on(until=self._is_enough)
            if not self._weather.happened:
                self._kill(self._workers[0])
            self._healing = True
            self._weather.clear()
            self._troubles.clear()
            self._go_on(until=lambda: False)
            self._looking = 1.0
            for _ in range(_DAYS):
                self._time.pass_by(_A_DAY)
                self._resting.clear()
                self._go_on(until=lambda: False)
        finally:
            for actor in (*self._workers, self._person):
                actor.die()
            self._house.database.troubles = None
            self._writer.stop()
        owed = self._lanes.owed()
        known, ledger = self._people.known, self._parts[0].ledger
        judge(self._verdict, self._habits.rung, ledger, known, owed, self._merging)
        for part in self._parts[1:]:
            judge_responses(self._verdict, part.ledger, known, owed, self._merging)
        return Ended(self._verdict, self._weather.happened + self._troubles.happened, tuple(self._trace))

    def _record_system(self) -> tuple[RecordSystem, ...]:
        """Documents, and responses where it takes those; it holds documents alone for review."""
        chart = self._merging.chart
        documents = RecordSystem(self._habits, self._time, chart, DOCUMENT)
        if not self._beside.responses:
            return (documents,)
        return (documents, RecordSystem(replace(self._habits, holds=0.0), self._time, chart, RESPONSE))

    # --- those who act ------------------------------------------------------------------------------------------

    def _start(self) -> Actor:
        self._started += 1
        return Actor(f"worker-{self._started}", self._work)

    def _work(self, actor: Actor) -> None:
        wire = Wire(self._parts, self._time, self._weather, actor)
        tokens = Tokens(lambda: self._chance.random() < self._weather.reads / 4)
        desk = self._house.worker_desk(self._desk, self._key, actor, wire, tokens)
        while True:
            actor.gate("idle")
            try:
                found = deliver_next(desk, self._key, actor.name) or self._look(desk)
            except TooBusy:
                found = True  # nobody knows; it is done again
            if found:
                self._resting.clear()
            else:
                self._resting.add(actor.name)

    def _look(self, desk: Desk) -> bool:
        """Look again at what was filed, now and then: looking when nothing is due takes most of the real time."""
        return self._chance.random() < self._looking and look_after_filings(desk, self._key) > 0

    def _live(self, actor: Actor) -> None:
        for _ in range(self._deeds):
            actor.gate("idle")
            self._people.act()
            self._resting.clear()

    def _deciding(self) -> str:
        if threading.current_thread().name == "person":
            self._person.gate("deciding")
        return self._desk.new_id()

    def _strike_there(self) -> bool:
        standing = [
            (part, one)
            for part in self._parts
            for one in part.ledger.standing()
            if one["status"] not in ("superseded", STRUCK)
        ]
        if standing:
            part, one = self._chance.choice(standing)
            part.strike(one["id"])
        return bool(standing)

    # --- what happens next --------------------------------------------------------------------------------------

    def _is_enough(self) -> bool:
        return self._person.ended and self._steps > self._troubled_steps

    def _go_on(self, until: Callable[[], bool]) -> None:
        for _ in range(_MOST_STEPS):
            if until():
                return
            for part in self._parts:
                part.catch_up()
            ready = [one for one in self._actors() if self._is_ready(one)]
            if ready:
                self._move(self._chance.choice(ready))
            elif not self._wait():
                return
        self._verdict.wrong("stuck", "it does not come to an end")

    def _actors(self) -> list[Actor]:
        return [one for one in (*self._workers, self._person) if not one.ended]

    def _is_ready(self, actor: Actor) -> bool:
        return actor.wakes_at <= self._time.seconds and actor.name not in self._resting

    def _move(self, actor: Actor) -> None:
        if not self._healing:
            if actor is not self._person and self._chance.random() < self._death:
                return self._kill(actor)
            if actor.is_busy and self._chance.random() < self._stop:
                return self._halt(actor)
            if self._chance.random() < self._jumps:
                self._set_clock()
            if self._beside.is_time_to_merge():
                self._merge()
        actor.step()
        self._steps += 1
        self._trace.append(f"{self._time.seconds:.3f} {actor.name} {actor.at}")
        self._after(actor)
        if not self._writer.is_alive:
            self._start_anew()
        return None

    def _after(self, actor: Actor) -> None:
        if actor.at == "K1":
            actor.begun = self._time.seconds
        if actor.is_busy and actor.at != "K0":
            self._fruitless = 0
        self._time.pass_by(self._chance.uniform(0, 0.2))
        if actor is self._person and actor.at == "idle":
            self._person.wakes_at = self._time.seconds + self._chance.choice((0.0, 1.0, 30.0, 1200.0))
        elif actor is not self._person and (
            wrong := self._lanes.look(actor.name, actor.at, self._time.seconds)
        ):
            self._verdict.wrong(wrong, f"{actor.name} at {actor.at}")
        if actor.fault is not None:
            self._verdict.wrong("broken", f"{actor.name}: {type(actor.fault).__name__}: {actor.fault}")
            if actor is not self._person:
                self._begin_anew(actor)

    def _kill(self, actor: Actor) -> None:
        self._happened("died" if actor.is_busy else "died-idle", actor)
        actor.die()
        self._begin_anew(actor)

    def _start_anew(self) -> None:
        """The end of a commit is unknown: the service ended, and somebody starts it again with all its workers."""
        self._trace.append(f"{self._time.seconds:.3f} the service starts anew")
        self._writer.stop()
        self._house.desk.store.writer_engine.dispose()
        self._writer = _writer(self._house.desk.store)
        self._desk = replace(self._desk, writer=self._writer)
        self._people.desk = replace(self._desk, new_id=self._deciding)
        for one in list(self._workers):
            one.die()
            self._begin_anew(one)

    def _begin_anew(self, dead: Actor) -> None:
        self._workers.remove(dead)
        self._lanes.forget(dead.name)
        if not self._workers and self._chance.random() < 0.5:
            with suppress(TooBusy):
                take_over(self._desk)
        fresh = self._start()
        fresh.wakes_at = self._time.seconds + self._chance.choice((0.0, 5.0, 300.0))
        self._workers.append(fresh)

    def _halt(self, actor: Actor) -> None:
        seconds = self._chance.choice((0.2, 0.6, 1.5, 1.5, 5.0, 20.0)) * _LEASE
        if actor.at in _ON_THEIR_WAY:
            seconds = self._taken_from_slack(seconds)
        actor.wakes_at = self._time.seconds + seconds
        self._happened("stopped", actor)

    def _set_clock(self) -> None:
        seconds = self._chance.uniform(-3600, 3600)
        self._time.set_wall(self._taken_from_slack(seconds) if seconds > 0 else seconds)
        self._resting.clear()
        self._happened("clock-set", self._person)

    def _merge(self) -> None:
        self._merging.turn(self._time.seconds, self._parts)
        self._resting.clear()
        self._happened("merged" if self._merging.turns % 2 else "parted", self._person)

    def _taken_from_slack(self, seconds: float) -> float:
        if self._habits.rung is not Rung.SEARCH:
            return seconds
        taken = min(seconds, self._slack)
        self._slack -= taken
        return taken

    def _happened(self, what: str, actor: Actor) -> None:
        self._weather.happened[what] += 1
        self._trace.append(f"{self._time.seconds:.3f} {actor.name} {what} at {actor.at}")

    # --- waiting --------------------------------------------------------------------------------------------------

    def _wait(self) -> bool:
        """Let time pass until something may happen; whether there is anything to wait for."""
        coming = [one.wakes_at - self._time.seconds for one in self._actors()]
        coming += [_LEASE + 1.0] if self._lanes.waits_for_a_lease() else []
        due = self._lanes.due()
        coming += [self._time.until(one.due_at) for one in due]
        coming += [at - self._time.seconds for one in self._parts if (at := one.next_at) is not None]
        ahead = [one for one in coming if one > 0]
        if not ahead and (not due or self._fruitless == len(_RESTS)):
            return False
        self._time.pass_by(min(ahead) + 0.002 if ahead else _RESTS[self._fruitless])
        self._fruitless += not ahead
        self._resting.clear()
        return True
