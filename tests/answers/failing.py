"""Answers that come late, say that something failed, or break off: nobody knows what was done (F10, F11, F18, F25)."""

from collections.abc import Callable, Iterator
from random import Random

import httpx2

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from tests.answers.clinic import DAY, HOUR, Clinic
from tests.answers.line import Call, asks, broken, changes, silent, told, writes
from tests.answers.tally import Tally
from tests.delivery.house import House
from tests.delivery.record_system import Said
from tests.delivery.troubles import TIMEOUT

RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE)
_STATUSES = (500, 502, 503, 504)
_LATE = 600.0  # the most by which a late request may still be carried out inside the quiet window
_BEYOND = (1100.0, 4000.0)
_LAGS = (0.0, 1.0, 5.0, 15.0, 30.0, 45.0, 60.0)


def ambiguous(home: House, number: int, chance: Random, tally: Tally) -> None:
    """No answer in time; it was carried out before, is carried out up to ten minutes later, or never (F10)."""
    clinic = Clinic(home, f"ambiguous-{number}", RUNGS[number % 4], chance.choice(_LAGS))
    after = chance.choice((None, chance.uniform(0, TIMEOUT), chance.uniform(TIMEOUT, TIMEOUT + _LATE)))
    clinic.line.spoil(writes, silent(clinic.time, after))
    if chance.random() < 0.3:
        clinic.line.spoil(asks, silent(clinic.time, None))
        tally.planned += 1
    tally.counts["late_commits"] += after is not None and after > TIMEOUT
    _once(clinic, tally)


def beyond_window(home: House, number: int, chance: Random, tally: Tally) -> None:
    """It is carried out after the quiet window, when another was sent: the looks find it (F10).

    On rung C the copy is struck; on rung D, where a person sent it again meanwhile, it is shown.
    """
    rung = (Rung.SEARCH, Rung.NONE)[number % 2]
    clinic = Clinic(home, f"beyond-{number}", rung)
    clinic.line.spoil(writes, silent(clinic.time, chance.uniform(*_BEYOND)))
    clinic.write()
    clinic.go_on(60)
    if rung is Rung.NONE:
        clinic.again()
    clinic.go_on(3 * DAY)
    tally.check(len(clinic.ledger.taken) == 2, "unfound", f"{clinic.key}: no late copy was made")
    is_shown = any(one.trouble == "several-there" for one in clinic.shown)
    found = is_shown if rung is Rung.NONE else len(clinic.standing) == 1 and not clinic.shown
    tally.check(found, "unfound", f"{clinic.key}: {len(clinic.standing)} stand, {clinic.summary}")
    tally.counts["found_by_the_looks"] += found
    tally.judge(clinic, but=frozenset({"duplicates"}))
    tally.injected += clinic.line.happened


def errors(home: House, number: int, chance: Random, tally: Tally) -> None:
    """A server error, before or after it was carried out; also to an amendment, and to the mark of what it replaces."""
    instead = told(Said(chance.choice(_STATUSES)), done=chance.random() < 0.5)
    clinic = Clinic(home, f"errors-{number}", RUNGS[number % 4], chance.choice(_LAGS))
    _spoilt(clinic, number, instead, tally)


def resets(home: House, number: int, chance: Random, tally: Tally) -> None:
    """The connection is reset, or closed in the middle of the answer, once it was carried out (F18)."""
    ways = (
        broken(httpx2.ReadError, done=True),
        broken(httpx2.RemoteProtocolError, done=True),
        broken(httpx2.WriteError, done=True),
        _half(chance.random()),
    )
    clinic = Clinic(home, f"resets-{number}", RUNGS[number % 4], chance.choice(_LAGS))
    _spoilt(clinic, number, chance.choice(ways), tally)


def lags(home: House, number: int, chance: Random, tally: Tally) -> None:
    """Search, and reading by id, find what was made only after a while; the answer to the write was lost (F25)."""
    lag = _LAGS[number % len(_LAGS)]
    clinic = Clinic(home, f"lags-{number}", (Rung.CONDITIONAL, Rung.SEARCH)[number % 2], lag)
    until: list[float] = []

    def too_early(call: Call) -> bool:
        return call.what == "read" and call.kind == "DocumentReference" and clinic.time.seconds < until[0]

    if chance.random() < 0.5:
        clinic.line.spoil(writes, told(Said(504), done=True))
    else:
        until.append(clinic.time.seconds + lag + 1)
        clinic.line.spoil(too_early, told(Said(404), done=False))
    _once(clinic, tally)


def _spoilt(clinic: Clinic, number: int, instead: Callable[[Call], httpx2.Response], tally: Tally) -> None:
    """What is spoilt is the first document, every third time an amendment's, every third time its mark."""
    if number % 3 == 0:
        clinic.line.spoil(writes, instead)
        return _once(clinic, tally)
    clinic.write()
    clinic.go_on(60)
    clinic.line.spoil(writes if number % 3 == 1 or clinic.rung is Rung.NONE else changes, instead)
    clinic.amend()
    return _ended(clinic, tally)


def _once(clinic: Clinic, tally: Tally) -> None:
    clinic.write()
    _ended(clinic, tally)


def _ended(clinic: Clinic, tally: Tally) -> None:
    """It comes to rest; what waits for a person then is sent again; the ledger is asked."""
    clinic.go_on(2 * HOUR)
    tally.judge(clinic)
    if clinic.summary.state is not FilingState.FILED:
        clinic.again()
        clinic.go_on(DAY)
    tally.check(
        clinic.summary.state is FilingState.FILED,
        "never_filed",
        f"{clinic.key} {clinic.rung}: {clinic.summary}",
    )
    tally.judge(clinic)
    tally.injected += clinic.line.happened


def _half(part: float) -> Callable[[Call], httpx2.Response]:
    def instead(call: Call) -> httpx2.Response:
        truth = call.carry()
        body = truth.read()
        return httpx2.Response(
            truth.status_code, headers=truth.headers, stream=_Torn(body[: int(len(body) * part)])
        )

    return instead


class _Torn(httpx2.SyncByteStream):
    """An answer's body that breaks off."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        raise httpx2.RemoteProtocolError("closed in the middle")
