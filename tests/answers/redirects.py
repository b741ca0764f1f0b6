"""Redirects, of every kind, at each request: none is followed, and no token goes anywhere else (F20)."""

from collections.abc import Callable
from random import Random

from service.ehr.outcome import Rung
from service.journal.entries import FilingState
from tests.answers.clinic import HOUR, Clinic
from tests.answers.line import Call, changes, fhir, told, writes
from tests.answers.tally import Tally
from tests.delivery.house import House
from tests.delivery.record_system import BASE, DOCUMENT, ORIGIN, Said

_RUNGS = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE)
_STATUSES = (301, 302, 303, 307, 308)
_MARK = "hop"  # stands in every address that nobody may call
_MOST_TRIES = 4  # of a person, until nothing is spoilt any more
TARGETS = (
    f"{BASE}/{DOCUMENT}?{_MARK}=1",  # the same place: asked again and again it is a loop
    f"{BASE}/Patient/{_MARK}",
    f"{ORIGIN}/{_MARK}",
    f"http://localhost:8091/fhir/{DOCUMENT}?{_MARK}=1",
    f"https://localhost:8090/fhir/{DOCUMENT}?{_MARK}=1",
    f"https://evil.example/fhir/{_MARK}",
    f"http://localhost:8090@evil.example/{_MARK}",
    f"//evil.example/{_MARK}",
    f"/fhir/{DOCUMENT}/{_MARK}",
    f"../{_MARK}",
    f"file:///etc/{_MARK}",
    f"javascript:{_MARK}",
    f"ftp://localhost:8090/{_MARK}",
    "",
)
_WHERE: tuple[Callable[[Call], bool], ...] = (
    lambda call: call.what == "discovery",
    lambda call: call.what == "token",
    lambda call: call.what == "read" and call.kind == "Encounter",
    lambda call: call.what == "read" and call.kind == DOCUMENT,
    lambda call: call.what == "search",
    writes,
    changes,
    fhir,
)


def redirects(home: House, number: int, chance: Random, tally: Tally) -> None:
    """An entry and its amendment, while some requests are sent elsewhere for a while; then that ends."""
    target, rest = TARGETS[number % len(TARGETS)], number // len(TARGETS)
    clinic = Clinic(home, f"redirects-{number}", _RUNGS[rest % 4])
    where = chance.choice(_WHERE)
    if where is changes and clinic.rung is Rung.NONE:
        where = writes  # nothing is marked where nothing tells whose it is
    said = Said(_STATUSES[rest % 5], b"", {"Location": target} if target else {})
    clinic.line.spoil(where, told(said, done=False), times=chance.choice((1, 1, 3)))
    if number % 2:
        clinic.line.spoil(writes, told(said, done=True))
    clinic.write()
    clinic.go_on(2 * HOUR)
    clinic.amend()
    clinic.go_on(2 * HOUR)
    for _ in range(_MOST_TRIES):
        clinic.again()
        clinic.go_on(2 * HOUR)
    _judge(clinic, said, tally)
    tally.counts["redirected"] += clinic.line.happened
    tally.injected += clinic.line.happened > 0


def _judge(clinic: Clinic, said: Said, tally: Tally) -> None:
    about = f"{clinic.key} {clinic.rung}: {said.status} to {said.headers}"
    for one in clinic.line.asked:
        is_ours = one.url.startswith((f"{BASE}/", f"{ORIGIN}/auth/token"))
        tally.check(is_ours and _MARK not in one.url, "followed", f"{about} ({one.method} {one.url})")
        tally.check(is_ours or not one.bearer, "tokens_leaked", f"{about} ({one.method} {one.url})")
    tally.check(clinic.summary.state is FilingState.FILED, "never_filed", f"{about}: {clinic.summary}")
    tally.judge(clinic)
