"""References as a client could write them into what it sends, and whether they name the client's own thing.

Per element: whose thing is its own, whose is somebody else's, and what is nobody's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.world import EHR, JOURNAL, OTHER, OTHER_EHR


@dataclass(frozen=True, slots=True)
class Named:
    """What an element may name: a resource type and three ids."""

    type: str
    own: str
    foreign: str
    absent: str


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write an element; `...` leaves it out. `binds` says whether it names one's own thing, plainly.

    None where both answers are right, since what binds in it is one's own.
    """

    name: str
    value: Any
    binds: bool | None = False


def forms(named: Named, base: str) -> Iterator[Form]:
    """Every form in which this element may come."""
    yield Form("own", _to(f"{named.type}/{named.own}"), True)
    yield Form("left out", ..., None)
    for whose, name in {"foreign": named.foreign, "absent": named.absent}.items():
        yield Form(whose, _to(f"{named.type}/{name}"))
        yield Form(f"{whose}, versioned", _to(f"{named.type}/{name}/_history/1"))
        yield from _absolute(whose, f"{named.type}/{name}", base)
    yield from _absolute("own", f"{named.type}/{named.own}", base)
    yield from _beside(named)
    yield from _crooked(named)
    strange: tuple[Any, ...] = (None, {}, [], "", 7, True, "text", {"display": "x"}, {"type": named.type})
    for number, value in enumerate(strange):
        yield Form(f"no reference {number}", value)


def _absolute(whose: str, place: str, base: str) -> Iterator[Form]:
    homes = {
        "under our base": base,
        "under the other base": f"{JOURNAL}/{OTHER}/fhir",
        "at the record system": f"{EHR}/fhir",
        "at the other record system": f"{OTHER_EHR}/fhir",
        "elsewhere": "https://x.example/r4",
    }
    for where, home in homes.items():
        # What is named in full under our own base may be taken as what it is.
        binds = None if (whose, where) == ("own", "under our base") else False
        yield Form(f"{whose}, {where}", _to(f"{home}/{place}"), binds)


def _beside(named: Named) -> Iterator[Form]:
    """One's own reference with somebody else beside it: what binds is one's own, or nothing is taken."""
    own, foreign = _to(f"{named.type}/{named.own}"), f"{named.type}/{named.foreign}"
    yield Form("own, shown as foreign", own | {"display": foreign}, None)
    yield Form("own, of another type", own | {"type": "Device"}, None)
    yield Form("own, identified as foreign", own | {"identifier": {"value": named.foreign}}, None)
    yield Form("own, extended", own | {"extension": [{"url": "http://x.example", **_said(foreign)}]}, None)
    yield Form("foreign, identified as own", _to(foreign) | {"identifier": {"value": named.own}})
    yield Form("foreign by identifier", {"identifier": {"value": named.foreign}})
    yield Form("two of them", [own, _to(foreign)])
    yield Form("foreign in a list", [_to(foreign)])


def _crooked(named: Named) -> Iterator[Form]:
    kind, own, foreign = named.type, named.own, named.foreign
    texts = (
        "#inside", "#", "", " ", kind, f"{kind}/", f"/{kind}/{own}", f"{kind.lower()}/{foreign}", f"{kind}//{own}",
        f"{kind}/../{kind}/{foreign}", f"{kind}/{own}/../{foreign}", f"{kind}/{own}/{foreign}", f" {kind}/{own}",
        f"{kind}/{own} ", f"{kind}/{own}\n", f"{kind}/{own},{kind}/{foreign}", f"{kind}/{own}?x={foreign}",
        f"{kind}/{own}#{foreign}", f"{kind}/{own}|1", f"{kind}%2F{own}", f"{kind}/{own.upper()}", own, foreign,
        f"Practitioner/{own}", f"Group/{foreign}", f"RelatedPerson/{own}", f"urn:uuid:{foreign}",
        f"{kind}/{own}/_history/1", f"{kind}?identifier={own}", f"{kind}/{own}\u200b", f"{kind}/{own[:-1]}",
    )  # fmt: skip
    for text in texts:
        yield Form(f"crooked {text!r}", _to(text))


def _to(reference: str) -> dict[str, Any]:
    return {"reference": reference}


def _said(reference: str) -> dict[str, Any]:
    return {"valueReference": _to(reference)}
