"""A record system that asks to wait, in every form there is, at each request of a filing and of a look (F12)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random

import httpx2

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from tests.answers.clinic import DAY, HOUR, Clinic
from tests.answers.line import Call, Spoil, fhir, nth
from tests.answers.tally import Tally
from tests.delivery.house import House
from tests.delivery.record_system import Said

_RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE)
_LONGEST = 3600.0  # nobody waits longer, whatever was asked
_REQUESTS = 9  # of an amendment: patient, encounter, search, write, back, old, mark, and the looks


@dataclass(frozen=True, slots=True)
class Form:
    """One way to ask: the header at an instant, and how many seconds are to be waited for it at least."""

    header: Callable[[datetime], str]
    seconds: float


def _date(after: timedelta) -> Callable[[datetime], str]:
    return lambda now: format_datetime((now + after).replace(microsecond=0), usegmt=True)


def _text(header: str) -> Callable[[datetime], str]:
    return lambda _now: header


FORMS = (
    Form(_text("0"), 0),
    Form(_text("1"), 1),
    Form(_text("30"), 30),
    Form(_text(" 120 "), 120),
    Form(_text("0900"), 900),
    Form(_text("1800"), 1800),
    Form(_text("3600"), _LONGEST),
    Form(_text("86400"), _LONGEST),
    Form(_text("99999999999999999999"), _LONGEST),
    Form(_date(timedelta(seconds=90)), 89),
    Form(_date(timedelta(minutes=40)), 2399),
    Form(_date(timedelta(days=400)), _LONGEST),
    Form(_date(timedelta(days=-3)), 0),
    Form(_text("Fri, 99 Nov 2026 99:99:99 GMT"), 0),
    Form(_text("-5"), 0),
    Form(_text("1.5"), 0),
    Form(_text("soon"), 0),
    Form(_text(""), 0),
    Form(_text("٣٠"), 0),
    Form(_text("30, 60"), 0),
)


def asked_to_wait(home: House, number: int, chance: Random, tally: Tally) -> None:
    """An amendment, one of whose requests is told to wait; every form, status and request meets in turn."""
    form, rest = FORMS[number % len(FORMS)], number // len(FORMS)
    status, rest = (429, 503)[rest % 2], rest // 2
    rung, at = _RUNGS[rest % 4], chance.randrange(_REQUESTS)
    clinic = Clinic(home, f"waiting-{number}", rung)
    clinic.write()
    clinic.go_on(60)
    told_at: list[float] = []

    def instead(_call: Call) -> httpx2.Response:
        told_at.append(clinic.time.seconds)
        # Headers are bytes on the wire: what is not ASCII comes as UTF-8.
        asked = form.header(clinic.time.wall)
        return httpx2.Response(
            status, headers=[(b"retry-after", asked.encode())], stream=httpx2.ByteStream(b"")
        )

    spoil = clinic.line.spoil(nth(at, fhir), instead)
    clinic.amend()
    clinic.go_on(2 * HOUR)
    tally.judge(clinic)
    _judge(clinic, form, spoil, told_at, f"{clinic.key} {rung.value} {status} at {at}", tally)


def _judge(clinic: Clinic, form: Form, spoil: Spoil, told_at: list[float], about: str, tally: Tally) -> None:
    for then in told_at:
        early = [
            f"{one.method} {one.url} after {one.at - then:.1f} of {form.seconds}"
            for one in clinic.line.asked
            if then < one.at < then + form.seconds and one.what in ("read", "search", "write")
        ]
        tally.check(not early, "early_calls", f"{about}: {early}")
    if clinic.summary.state is not FilingState.FILED:
        clinic.again()
        clinic.go_on(DAY)
    tally.check(clinic.summary.state is FilingState.FILED, "never_filed", f"{about}: {clinic.summary}")
    tally.judge(clinic)
    tally.injected += spoil.happened


def patient_asking(home: House, number: int, chance: Random, tally: Tally) -> None:
    """A record system that says for eight days that it is busy: that uses up nothing, and then it is filed."""
    clinic = Clinic(home, f"busy-{number}", _RUNGS[number % 4])
    busy = Said(429, b"", {"Retry-After": str(chance.choice((3600, 7200, 10**12)))})
    spoil = clinic.line.spoil(fhir, lambda _call: busy.answer(), times=10_000)
    clinic.write()
    clinic.go_on(8 * DAY)
    tally.check(clinic.summary.attempts == 0, "attempts_used", f"{clinic.key}: {clinic.summary}")
    tally.check(spoil.happened <= 8 * 24 + 1, "early_calls", f"{clinic.key}: {spoil.happened} calls")
    spoil.times = 0
    clinic.go_on(2 * HOUR)
    tally.check(clinic.summary.state is FilingState.FILED, "never_filed", f"{clinic.key}: {clinic.summary}")
    tally.judge(clinic)
    tally.injected += 1
