"""Of a response and its document only one arrives, or neither: in the end there are both, once each (F28)."""

import json
from collections.abc import Callable
from random import Random

import httpx2

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from tests.answers.clinic import DAY, HOUR, Clinic
from tests.answers.line import Call, broken, fhir, nth, silent, told
from tests.answers.tally import Tally
from tests.delivery.house import House
from tests.delivery.record_system import Said

_RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH)
_REQUESTS = 14  # of the two together, with what is asked before and after


def partials(home: House, number: int, chance: Random, tally: Tally) -> None:
    """One request of an entry, or of its amendment, fails in one way; each meets each in turn."""
    at, rest = number % _REQUESTS, number // _REQUESTS
    clinic = Clinic(home, f"partial-{number}", _RUNGS[rest % 3], rules={"response": True})
    way = _ways(clinic)[chance.randrange(8)]
    is_amended = chance.random() < 0.5
    if is_amended:
        clinic.write()
        clinic.go_on(60)
    clinic.line.spoil(nth(at, fhir), way, times=1)
    (clinic.amend if is_amended else clinic.write)()
    clinic.go_on(2 * HOUR)
    tally.judge(clinic)
    clinic.again()
    clinic.go_on(2 * DAY)
    _judge(clinic, f"{clinic.key} {clinic.rung} at {at}", tally)
    tally.injected += clinic.line.happened


def _ways(clinic: Clinic) -> tuple[Callable[[Call], httpx2.Response], ...]:
    return (
        told(Said(503), done=False),
        told(Said(500), done=True),
        told(Said(422), done=False),
        told(Said(201), done=True),
        broken(httpx2.ReadError, done=False),
        broken(httpx2.ReadError, done=True),
        broken(httpx2.ConnectError, done=False),
        silent(clinic.time, None),
    )


def _judge(clinic: Clinic, about: str, tally: Tally) -> None:
    responses, documents = clinic.responses.standing, clinic.standing
    versions = len(clinic.people.known)
    tally.counts["responses"] += len(responses)
    tally.check(len(clinic.responses.ledger.taken) <= 1, "duplicates", f"{about}: responses")
    both = len(responses) == 1 and len(documents) == versions
    tally.check(
        both, "orphans", f"{about}: {len(responses)} responses, {len(documents)} documents of {versions}"
    )
    is_newest = all(f'"{clinic.people.known[-1].words}"' in json.dumps(one) for one in responses)
    tally.check(is_newest, "misfiled", f"{about}: an old response")
    is_filed = all(one.state is FilingState.FILED for one in clinic.filings) and not clinic.shown
    tally.check(is_filed, "never_filed", f"{about}: {[one.reason for one in clinic.shown]}")
    tally.judge(clinic)
