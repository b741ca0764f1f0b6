"""Our token is refused: at each step of a filing, once or for ever (F13)."""

from random import Random

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from tests.answers.clinic import DAY, HOUR, Clinic
from tests.answers.line import fhir, told, writes
from tests.answers.tally import Tally
from tests.delivery.house import House
from tests.delivery.record_system import Said

_RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE)
_POINTS = ("K1", "K2", "K3", "K4", "K5", "K7", "K9")
_MOST_REQUESTS = 16  # of one attempt, its repetition and its tokens


def expiries(home: House, number: int, chance: Random, tally: Tally) -> None:
    """The token is taken from us when the filing of an amendment comes to one of its points; one new one is enough."""
    point = _POINTS[number % len(_POINTS)]
    clinic = Clinic(home, f"expiries-{number}", _RUNGS[number // len(_POINTS) % 4])
    clinic.write()
    clinic.go_on(60)
    expired: list[int] = []

    def taken_away(reached: str) -> None:
        if reached == point and not expired:
            expired.append(clinic.line.given)
            clinic.line.good.clear()
            clinic.time.pass_by(chance.choice((0.0, 0.0, 20.0)))

    clinic.at = taken_away
    clinic.amend()
    clinic.go_on(30)
    renewed = clinic.line.given - sum(expired)
    tally.check(renewed <= 1, "refreshes", f"{clinic.key} at {point}: {renewed} new tokens")
    tally.counts["renewed"] += renewed
    _healed(clinic, tally)
    tally.injected += len(expired)


def refused_for_ever(home: House, number: int, chance: Random, tally: Tally) -> None:
    """Every call is answered with 401, by new tokens or by the old one again; then the trouble is mended."""
    clinic = Clinic(home, f"refused-{number}", _RUNGS[number % 4])
    spoil = clinic.line.spoil(chance.choice((fhir, writes)), told(Said(401), done=False), times=1000)
    clinic.write()
    clinic.go_on(2 * HOUR)
    tally.check(len(clinic.line.asked) <= _MOST_REQUESTS, "loops", f"{clinic.key}: {len(clinic.line.asked)}")
    tally.check(clinic.line.given <= 2, "refreshes", f"{clinic.key}: {clinic.line.given} tokens")
    is_shown = clinic.summary.id in {one.id for one in clinic.shown}
    tally.check(is_shown, "dropped", f"{clinic.key}: {clinic.summary}")
    tally.check(clinic.summary.reason == "sign-in", "dropped", f"{clinic.key}: {clinic.summary}")
    tally.injected += spoil.happened > 0
    spoil.times = 0
    _healed(clinic, tally)


def _healed(clinic: Clinic, tally: Tally) -> None:
    clinic.go_on(2 * HOUR)
    tally.judge(clinic)
    if clinic.summary.state is not FilingState.FILED:
        clinic.again()
        clinic.go_on(DAY)
    tally.check(clinic.summary.state is FilingState.FILED, "never_filed", f"{clinic.key}: {clinic.summary}")
    tally.judge(clinic)
