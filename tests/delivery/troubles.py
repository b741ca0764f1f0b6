"""What can go wrong with one request, as values: whether it took effect, when, and what the caller is told."""

from dataclasses import dataclass
from email.utils import format_datetime
from random import Random

from tests.delivery.habits import Habits
from tests.delivery.record_system import BASE, DOCUMENT, Said
from tests.delivery.time_passing import Time

TIMEOUT = 20.0  # our deadline for one request, in seconds

# What becomes of the request there: nothing, at once, some time after we stopped waiting.
NEVER, NOW, LATE = "never", "now", "late"


@dataclass(frozen=True, slots=True)
class Trouble:
    """`effect` is one of the three above. Told is `says`, or the truth where `says` is None; or the connection fails
    in the way `breaks` names ("refused", "cut", "silent"). `late` are seconds after our deadline.
    """

    name: str
    effect: str
    says: Said | None = None
    breaks: str | None = None
    late: float = 0.0


_STATUSES = (500, 502, 503, 504, 408)
_REFUSALS = (400, 413, 415, 422, 403, 404, 409)
_ODD = (
    Said(201, b"<html>thank you</html>", {"Content-Type": "text/html"}),
    Said(201),
    Said(200),
    Said(200, b'{"resourceType":"OperationOutcome","issue":[]}'),
    Said(201, b'{"resourceType":"Patient","id":"p1"}'),
    Said(201, b"", {"Location": f"{BASE}/Patient/p1"}),
    Said(201, b"", {"Location": "https://elsewhere.example/fhir/DocumentReference/1"}),
    Said(201, b'{"resourceType":"DocumentReference"', {"Content-Type": "application/fhir+json"}),
)


def writing(chance: Random, habits: Habits, time: Time, *, first: bool) -> Trouble:
    """What happens to a write; `first`: to one that makes a document, which alone may be refused or held."""
    kinds = [_failing, _failing, _breaking, _breaking, _coming_late, _odd, _busy, _unauthorised, _redirect]
    if first:
        kinds += [_refusing, *([_held] * (2 if habits.holds else 0))]
    return chance.choice(kinds)(chance, habits, time)


def reading(chance: Random, habits: Habits, time: Time) -> Trouble:
    """What happens to a question."""
    kinds = (_failing, _breaking, _busy, _unauthorised, _redirect, _odd_page)
    found = chance.choice(kinds)(chance, habits, time)
    return Trouble(found.name, NOW, found.says, found.breaks)


def _effect(chance: Random) -> str:
    return chance.choice((NEVER, NOW))


def _failing(chance: Random, _habits: Habits, _time: Time) -> Trouble:
    status, effect = chance.choice(_STATUSES), _effect(chance)
    return Trouble(f"{status}-{effect}", effect, Said(status, b"", _asking_to_wait(chance, _time, 0.3)))


def _breaking(chance: Random, _habits: Habits, _time: Time) -> Trouble:
    breaks = chance.choice(("refused", "cut", "silent"))
    effect = NEVER if breaks == "refused" else _effect(chance)
    return Trouble(f"{breaks}-{effect}", effect, breaks=breaks)


def _coming_late(chance: Random, habits: Habits, _time: Time) -> Trouble:
    late = chance.uniform(0, habits.late)
    if chance.random() < 0.5:
        return Trouble("silent-late", LATE, breaks="silent", late=late)
    return Trouble("504-late", LATE, Said(504), late=late)


def _odd(chance: Random, _habits: Habits, _time: Time) -> Trouble:
    said, effect = chance.choice(_ODD), _effect(chance)
    return Trouble(f"odd-{said.status}-{effect}", effect, said)


def _odd_page(chance: Random, _habits: Habits, _time: Time) -> Trouble:
    said = chance.choice(
        (Said(200, b"<html>sign in</html>"), Said(200), Said(200, b'{"resourceType":"Basic"}'))
    )
    return Trouble("odd-page", NOW, said)


def _busy(chance: Random, _habits: Habits, time: Time) -> Trouble:
    return Trouble("429", NEVER, Said(429, b"", _asking_to_wait(chance, time, 0.9)))


def _asking_to_wait(chance: Random, time: Time, often: float) -> dict[str, str]:
    if chance.random() > often:
        return {}
    dates = (time.wall.replace(microsecond=0).replace(minute=59), time.wall.replace(year=2020))
    forms = ("0", "30", "99999999999", "soon", "-5", *(format_datetime(one, usegmt=True) for one in dates))
    return {"Retry-After": chance.choice(forms)}


def _unauthorised(_chance: Random, _habits: Habits, _time: Time) -> Trouble:
    return Trouble("401", NEVER, Said(401))


def _redirect(chance: Random, _habits: Habits, _time: Time) -> Trouble:
    effect = _effect(chance)
    there = chance.choice(("https://evil.example/", f"{BASE}/{DOCUMENT}", "file:///etc/passwd"))
    return Trouble(f"redirect-{effect}", effect, Said(307, b"", {"Location": there}))


def _refusing(chance: Random, _habits: Habits, _time: Time) -> Trouble:
    status = chance.choice(_REFUSALS)
    return Trouble(f"refused-{status}", NEVER, Said(status))


def _held(_chance: Random, _habits: Habits, _time: Time) -> Trouble:
    return Trouble("held", NOW)
