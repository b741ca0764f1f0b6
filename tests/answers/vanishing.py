"""What the record system had confirmed is gone there: it was put back to an older state (F26)."""

from random import Random

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from tests.answers.clinic import DAY, HOUR, Clinic
from tests.answers.tally import Tally
from tests.delivery.house import House

_RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE)


def vanished(home: House, number: int, chance: Random, tally: Tally) -> None:
    """It is noticed, shown, and sent again only once a person says so; every fourth time nobody does."""
    clinic = Clinic(home, f"vanished-{number}", _RUNGS[number % 4])
    clinic.write()
    clinic.go_on(chance.uniform(60, 3 * HOUR))
    clinic.record.lose(str(clinic.summary.document_id))
    before = len(clinic.ledger.taken)
    clinic.go_on(3 * DAY)
    about = f"{clinic.key} {clinic.rung}: {clinic.summary}"
    noticed = [one.trouble for one in clinic.shown] == ["missing-there"]
    tally.counts["noticed"] += noticed
    tally.check(noticed, "unfound", about)
    tally.check(len(clinic.ledger.taken) == before, "auto_resent", about)
    tally.check(not clinic.record.standing, "auto_resent", about)
    if number // 4 % 4:
        clinic.again()
        clinic.go_on(2 * DAY)
        is_back = len(clinic.record.standing) == 1 and clinic.summary.state is FilingState.FILED
        tally.check(is_back and not clinic.shown, "never_filed", about)
    tally.judge(clinic, but=frozenset({"duplicates"}))  # the ledger still has the one that was lost
    tally.injected += 1
