"""Change the claims of truly signed tokens in n ways, and hold what opens against what the specifications say.

Every token is signed by the clinic's own authorization server, for one of ten people and services; one to three claims
are then taken away, mistyped, emptied, moved in time, or are somebody else's. What it must open is told by
token_oracle.py, which shares nothing with the service (threats T14, T15 and T17).
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt

from service.cli.demo_clinic import CLINIC
from tests.people import App, patient
from tests.proofs.claim_values import PERSONS, VALUES, Person
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.proofs.token_oracle import At, House, Verdict, judge
from tests.world import EHR, World

DEFAULT_N = 2_500
CI_N = 300

ADA, BEN = "patient-six-done", "patient-two-in"
_MANY = 2_000
# What says more than what: a stranger learns least from 401.
_RANKS = {401: 1, 403: 2, 404: 3, 200: 4}

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer: its status, and whose resources it holds."""

    status: int
    patients: frozenset[str] = frozenset()


@dataclass
class Tally:
    """What came of it; `verdicts` counts what had to come of it."""

    sent: int = 0
    wrongly_accepted: int = 0
    wrongly_refused: int = 0
    genuine_wrong: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n mutations, no two alike."""
    tally = Tally()
    with small_world() as world:
        house = _house(world)
        kept = {
            ADA: _response(world, ADA, "six-done-1"),
            BEN: _response(world, BEN, "two-in-1"),
        }
        for person in PERSONS:
            _show_genuine(world, house, kept, person, tally, report)
        for claims in _mutations(n, random.Random(seed), world.base):
            _show(world, house, kept, claims, tally, report)
            if tally.sent % 500 == 0:
                report(f"{tally.sent} of {n} mutations")
    return Figures(
        planned=n,
        injected=tally.sent,
        counted={
            "mutations": tally.sent,
            "must_open": tally.verdicts["opens"],
            "must_be_401": tally.verdicts["401"],
            "must_be_403": tally.verdicts["403"],
            "wrongly_accepted": tally.wrongly_accepted,
            "wrongly_refused": tally.wrongly_refused,
            "genuine_wrong": tally.genuine_wrong,
        },
        bars={
            "mutations": at_least(_MANY if n >= _MANY else n),
            "must_open": at_least(n // 10),
            "must_be_401": at_least(n // 10),
            "must_be_403": at_least(n // 20),
            "wrongly_accepted": exactly(0),
            "wrongly_refused": exactly(0),
            "genuine_wrong": exactly(0),
        },
    )


def _house(world: World) -> House:
    """As the world's clinics.toml says it."""
    return House(
        issuer=EHR,
        base=world.base,
        records=f"{EHR}/fhir",
        care_team=frozenset({"Practitioner/clinician-1"}),
        officers=frozenset({"Practitioner/officer-1"}),
        clients=frozenset({"registry"}),
    )


def _response(world: World, name: str, encounter: str) -> str:
    """The id of what this patient wrote."""
    patient(world, name).write(encounter, {"ai1.1": f"words of {name}"})
    person = {"patient": name, "fhirUser": f"Patient/{name}"}
    answer = App(world, _signed(world, _genuine(PERSONS[0], world.base) | person)).get(
        "QuestionnaireResponse"
    )
    found: str = answer.json()["entry"][0]["resource"]["id"]
    return found


# --- what is changed ---------------------------------------------------------------------------------------------


def _genuine(person: Person, base: str) -> Claims:
    said = {"iss": EHR, "sub": "somebody", "aud": base, "iat": At(0), "exp": At(600), "jti": "a-token"}
    return said | person.claims


def _mutations(n: int, chance: random.Random, base: str) -> Iterator[Claims]:
    """n sets of claims, each unlike the others and unlike every genuine one."""
    seen = {_spelled(_genuine(person, base)) for person in PERSONS}
    while n:
        claims = _mutated(_genuine(chance.choice(PERSONS), base), chance, base)
        if _spelled(claims) not in seen:
            seen.add(_spelled(claims))
            n -= 1
            yield claims


def _mutated(claims: Claims, chance: random.Random, base: str) -> Claims:
    # What decides the reach is changed more often than what only has to be there.
    names = [*sorted(VALUES), *("scope", "scope", "patient", "fhirUser", "fhirUser")]
    for name in chance.sample(names, chance.choice((1, 1, 1, 2, 2, 3))):
        claims[name] = VALUES[name](chance, base)
    return {name: value for name, value in claims.items() if value is not ...}


def _spelled(claims: Claims) -> str:
    return json.dumps(claims, sort_keys=True, default=repr)


def _signed(world: World, claims: Claims) -> str:
    """The token as the clinic's authorization server signs it now."""
    key, now = world.sandboxes[CLINIC].parts.tokens.keys.access, int(world.clock().timestamp())
    shown = {name: now + value.seconds if isinstance(value, At) else value for name, value in claims.items()}
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": key.kid}, shown, key, algorithms=["ES256"])


# --- what must come of it, and what does ---------------------------------------------------------------------------


def _show(
    world: World,
    house: House,
    kept: dict[str, str],
    claims: Claims,
    tally: Tally,
    report: Callable[[str], None],
) -> None:
    verdict = judge(claims, house)
    tally.sent += 1
    tally.verdicts[str(verdict.refused or ("opens" if verdict.letters else "403"))] += 1
    wanted, seen = _wanted(verdict), _seen(world, kept, claims)
    more = any(_is_more(seen[probe], wanted[probe]) for probe in wanted)
    less = any(_is_more(wanted[probe], seen[probe]) for probe in wanted)
    tally.wrongly_accepted += more
    tally.wrongly_refused += less
    if more or less:
        report(f"{_spelled(claims)}: must be {wanted}, is {seen}")


def _show_genuine(
    world: World,
    house: House,
    kept: dict[str, str],
    person: Person,
    tally: Tally,
    report: Callable[[str], None],
) -> None:
    """The unchanged token: what it opens is written down by hand, for the service and for the oracle alike."""
    claims = _genuine(person, world.base)
    by_hand = Seen(person.status, person.sees)
    told, seen = _wanted(judge(claims, house))["search"], _seen(world, kept, claims)["search"]
    if not by_hand == told == seen:
        tally.genuine_wrong += 1
        report(f"{person.name}: must be {by_hand}, is {seen}; the oracle says {told}")


def _wanted(verdict: Verdict) -> dict[str, Seen]:
    reach = frozenset({ADA, BEN}) & (verdict.patients if verdict.patients is not None else {ADA, BEN})
    wanted = {"search": _if_granted("s", verdict, Seen(200, reach))}
    for name in (ADA, BEN):
        found = Seen(200, frozenset({name})) if name in reach else Seen(404)
        wanted[f"read {name}"] = _if_granted("r", verdict, found)
    return wanted


def _if_granted(letter: str, verdict: Verdict, otherwise: Seen) -> Seen:
    if verdict.refused is not None:
        return Seen(verdict.refused)
    return otherwise if letter in verdict.letters else Seen(403)


def _seen(world: World, kept: dict[str, str], claims: Claims) -> dict[str, Seen]:
    app = App(world, _signed(world, claims))
    found = {"search": _read(app, "QuestionnaireResponse")}
    return found | {f"read {name}": _read(app, f"QuestionnaireResponse/{one}") for name, one in kept.items()}


def _read(app: App, path: str) -> Seen:
    answer = app.get(path)
    body = answer.json()
    resources = (
        [entry["resource"] for entry in body.get("entry", [])] if body["resourceType"] == "Bundle" else [body]
    )
    whose = (
        one["subject"]["reference"] for one in resources if one["resourceType"] == "QuestionnaireResponse"
    )
    return Seen(answer.status_code, frozenset(reference.removeprefix("Patient/") for reference in whose))


def _is_more(one: Seen, other: Seen) -> bool:
    """Whether the one answer gives more away; a status that nobody planned gives less than all."""
    ranks = _RANKS.get(one.status, 0), _RANKS.get(other.status, 0)
    return ranks[0] > ranks[1] or not one.patients <= other.patients
