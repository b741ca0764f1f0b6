"""Conflicts, and conditions that are not met: with none, one or several of ours behind them (F15)."""

from random import Random

import httpx2

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from tests.answers.clinic import DAY, HOUR, Clinic
from tests.answers.line import Call, changes, told, writes
from tests.answers.tally import Tally
from tests.delivery.house import House
from tests.delivery.record_system import Said

_RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE)
_STATUSES = (409, 412)
_THEIRS = "what somebody there wrote meanwhile"


def to_a_write(home: House, number: int, chance: Random, tally: Tally) -> None:
    """A new document meets a conflict: nothing stands there, or ours does, or two of ours do."""
    status, rung = _STATUSES[number % 2], _RUNGS[number // 2 % 4]
    there = (0, 1, 2)[number // 8 % 3]
    if there == 2 and rung is Rung.PUT:
        there = 1  # two documents cannot stand at one id
    clinic = Clinic(home, f"conflict-{number}", rung)

    def several(call: Call) -> httpx2.Response:
        call.request.headers.pop("if-none-exist", None)
        call.carry()
        call.carry()
        return Said(status).answer()

    clinic.line.spoil(writes, several if there == 2 else told(Said(status), done=there == 1))
    clinic.write()
    clinic.go_on(60)
    is_shown = clinic.summary.id in {one.id for one in clinic.shown}
    is_filed = clinic.summary.state is FilingState.FILED
    tally.check(is_shown or is_filed, "dropped", f"{clinic.key} {rung}: {clinic.summary}")
    clinic.go_on(2 * DAY)
    if rung is Rung.NONE or there == 0:
        clinic.again()
        clinic.go_on(2 * DAY)
    _reconciled(clinic, there, tally)
    tally.injected += clinic.line.happened


def _reconciled(clinic: Clinic, there: int, tally: Tally) -> None:
    """One stands in the end; only on rung D, where nothing tells whose two are, both do, and a person sees them."""
    about = f"{clinic.key} {clinic.rung}: {len(clinic.standing)} stand, {clinic.summary}"
    if clinic.rung is Rung.NONE and there == 2:
        seen = any(one.id == clinic.summary.id for one in clinic.shown)
        tally.check(seen and len(clinic.ledger.taken) == 2, "dropped", about)
        return
    tally.check(len(clinic.standing) == 1, "copies_left", about)
    tally.check(clinic.summary.state is FilingState.FILED and not clinic.shown, "never_filed", about)
    tally.judge(clinic, but=frozenset({"duplicates"} if there == 2 else ()))


def to_a_mark(home: House, number: int, chance: Random, tally: Tally) -> None:
    """Somebody there changes the old document between our reading it and our marking it: what they wrote stays."""
    clinic = Clinic(home, f"overtaken-{number}", _RUNGS[number % 3])
    clinic.write()
    clinic.go_on(60)
    (before,) = clinic.standing

    def overtaken(call: Call) -> httpx2.Response:
        clinic.record.change(before["id"], description=_THEIRS)
        return call.carry()

    clinic.line.spoil(changes, overtaken, times=chance.choice((1, 2, 3)))
    clinic.amend()
    clinic.go_on(3 * DAY)
    old = next(one for one in clinic.ledger.standing() if one["id"] == before["id"])
    about = f"{clinic.key} {clinic.rung}: {old['status']}"
    tally.check(old["description"] == _THEIRS, "wrong_overwrites", about)
    tally.check(old["status"] == "superseded", "unmarked", about)
    tally.judge(clinic)
    tally.injected += clinic.line.happened > 0


def struck_there(home: House, number: int, chance: Random, tally: Tally) -> None:
    """Somebody there strikes ours before we know that it was filed: it stays struck, and a person is shown that."""
    clinic = Clinic(home, f"struck-{number}", _RUNGS[number % 3])

    def struck(call: Call) -> httpx2.Response:
        call.carry()
        clinic.record.strike(clinic.standing[0]["id"])
        return Said(_STATUSES[number % 2]).answer()

    clinic.line.spoil(writes, struck)
    clinic.write()
    clinic.go_on(2 * HOUR)
    tally.check(bool(clinic.shown), "dropped", f"{clinic.key} {clinic.rung}: {clinic.summary}")
    clinic.again()
    clinic.go_on(2 * HOUR)
    tally.check(not clinic.standing, "wrong_overwrites", f"{clinic.key} {clinic.rung}: stands again")
    tally.judge(clinic)
    tally.injected += clinic.line.happened
