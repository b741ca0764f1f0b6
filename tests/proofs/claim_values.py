"""Whose tokens the proof about claims begins with, and what it puts in place of their claims."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.proofs.token_oracle import LEEWAY, LONGEST_LIFE, At
from tests.world import EHR, JOURNAL, OTHER, OTHER_EHR

FHIR = f"{EHR}/fhir"
ADA, BEN = "patient-six-done", "patient-two-in"
_DAYS = 24 * 3600

Value = Callable[[random.Random, str], Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A person or a service with the claims of their own token, and what a search with it must answer."""

    name: str
    claims: dict[str, Any]
    status: int = 200
    sees: frozenset[str] = field(default_factory=frozenset)


def _person(name: str, person: str, patient: str | None, scope: str, status: int, *sees: str) -> Person:
    claims = {"client_id": "diary-app", "scope": scope, "fhirUser": f"{FHIR}/{person}"}
    opened = {"patient": patient} if patient is not None else {}
    return Person(name, claims | opened, status, frozenset(sees))


def _service(client: str, *sees: str) -> Person:
    return Person(
        client, {"client_id": client, "scope": "system/QuestionnaireResponse.rs"}, 200, frozenset(sees)
    )


_OWN = "openid fhirUser launch/patient patient/QuestionnaireResponse.crs"
_WARD = "openid fhirUser user/QuestionnaireResponse.rs"
PERSONS = (
    _person("a patient", f"Patient/{ADA}", ADA, _OWN, 200, ADA),
    _person("another patient", f"Patient/{BEN}", BEN, _OWN, 200, BEN),
    _person("a clinician at a chart", "Practitioner/clinician-1", ADA, _WARD, 200, ADA),
    _person("a clinician of the care team", "Practitioner/clinician-1", None, _WARD, 200, ADA, BEN),
    _person("another clinician at a chart", "Practitioner/clinician-2", BEN, _WARD, 200, BEN),
    _person("another clinician", "Practitioner/clinician-2", None, _WARD, 200),
    _person("an officer", "Practitioner/officer-1", ADA, _WARD, 403),
    _person("a relative", "RelatedPerson/related-two-in", BEN, _OWN, 403),
    _service("registry", ADA, BEN),
    _service("journal-worker"),
)

# Values that have the wrong type for nearly every claim.
_ODD: tuple[Any, ...] = (
    ...,
    None,
    "",
    " ",
    0,
    1,
    -1.5,
    True,
    False,
    [],
    {},
    [""],
    {"x": 1},
    "\u0000",
    "\U0001f600",
    "x" * 300,
)


def _odd(chance: random.Random) -> Any:
    return chance.choice(_ODD)


def _issuer(chance: random.Random, base: str) -> Any:
    near = (
        EHR,
        f"{EHR}/",
        FHIR,
        OTHER_EHR,
        EHR.upper(),
        f" {EHR}",
        [EHR],
        EHR[:-1],
        f"{EHR}0",
        "https://evil.example",
    )
    return chance.choice((*near, _odd(chance)))


def _audience(chance: random.Random, base: str) -> Any:
    others = (
        FHIR,
        EHR,
        f"{JOURNAL}/{OTHER}/fhir",
        f"{base}/",
        base.upper(),
        f"{base}x",
        "diary-app",
        "*",
        JOURNAL,
        "",
    )
    several: list[Any] = chance.sample([*others, base, base, base], chance.randint(0, 4))
    mistyped = [*several, chance.choice((1, None, [base], {"x": base}, True))]
    return chance.choice((base, chance.choice(others), several, several, [base], mistyped, _odd(chance)))


def _instant(chance: random.Random, *edges: float) -> Any:
    """Mostly within two minutes of an edge (T14), and never so near that the clock decides."""
    offset = chance.choice(edges) + chance.choice((-1, 1)) * chance.uniform(3, 120)
    instant = At(chance.choice((round(offset), round(offset, 3))))
    written = (
        str(chance.randint(10**9, 2 * 10**9)),
        [1],
        1e10,
        9_999_999_999,
        1e300,
        10**8,
        0.5,
        "2026-11-20",
    )
    return chance.choice(
        (instant, instant, instant, chance.choice(written), chance.choice((..., None, "", True, {})))
    )


def _expires(chance: random.Random, base: str) -> Any:
    return _instant(chance, -LEEWAY, 0, LONGEST_LIFE + LEEWAY, LONGEST_LIFE, 7 * _DAYS)


def _begins(chance: random.Random, base: str) -> Any:
    return _instant(chance, LEEWAY, 0, -3600, -7 * _DAYS, _DAYS)


_LEVELS = ("Patient", "launch", "*", "", "рatient", "patient ", "users")
_TYPES = (
    "*", "*", "Questionnaire", "Patient", "questionnaireresponse",
    "QuestionnaireResponses", "QuestionnaireResponsе", "", "**",
)  # fmt: skip
_PERMISSIONS = (
    "r", "s", "rs", "crs", "cruds", "cud", "c", "read", "write", "*", "sr", "rr", "", "READ", "dus", "readd", "rs ",
    "r.s", "rs?code=completed", "rs?patient=1", "read?status=completed", "rs?", "rs\n", "rs\t",
)  # fmt: skip
_OTHER_WORDS = (
    "openid",
    "fhirUser",
    "launch/patient",
    "offline_access",
    "launch",
    "patient/*",
    "*/*.*",
    "*",
    "x",
)


def _scope(chance: random.Random, base: str) -> Any:
    if chance.random() < 0.1:
        return chance.choice((..., None, 1, True, {}, [], [1], [None], {"x": "patient/*.rs"}, ""))
    words = [_word(chance) for _ in range(chance.choice((0, 1, 1, 1, 1, 2, 2, 3)))]
    words += chance.sample(_OTHER_WORDS, chance.choice((0, 0, 1, 2)))
    chance.shuffle(words)
    return chance.choice((" ", " ", " ", " ", "  ", ",", "\t", "\u00a0")).join(words)


def _word(chance: random.Random) -> str:
    """A scope as it should be, in which mostly one thing is different: two errors at once would hide each other."""
    level, kind = chance.choice(("patient", "user", "system")), "QuestionnaireResponse"
    permissions = chance.choice(("r", "s", "rs", "crs"))
    match chance.randint(0, 5):
        case 0:
            level = chance.choice(_LEVELS)
        case 1:
            kind = chance.choice(_TYPES)
        case 2 | 3 | 4:
            permissions = chance.choice(_PERMISSIONS)
    return f"{level}/{kind}.{permissions}"


def _patient(chance: random.Random, base: str) -> Any:
    near = (
        ADA,
        BEN,
        ADA,
        BEN,
        "patient-none-yet",
        "nobody",
        ADA.upper(),
        f"{ADA} ",
        f"{ADA}\n",
        f"Patient/{ADA}",
    )
    bad = (
        f"{FHIR}/Patient/{ADA}",
        "..",
        ".",
        "../x",
        "%",
        "*",
        f"{ADA},{BEN}",
        [ADA],
        {"id": ADA},
        "p" * 64,
        "p" * 65,
    )
    return chance.choice((chance.choice(near), chance.choice(bad), _odd(chance)))


_KINDS = (
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "RelatedPerson",
    "Person",
    "Device",
    "patient",
    "practitioner",
    "",
)
_NAMES = (
    ADA,
    BEN,
    "clinician-1",
    "clinician-2",
    "officer-1",
    "manager-1",
    "related-two-in",
    "None",
    "",
    "n" * 64,
    "n" * 65,
)
_BASES = (
    f"{FHIR}/",
    f"{FHIR}/",
    f"{FHIR}/",
    "",
    "",
    f"{OTHER_EHR}/fhir/",
    f"{EHR}/",
    f"{FHIR}//",
    f"{FHIR}x/",
    "//",
    "/",
)
_ENDS = ("", "", "", "", "", "", "/", "/_history/1", "?x", "#x", "\n", " ", "\u0000")


def _user(chance: random.Random, base: str) -> Any:
    known = (
        "Practitioner/clinician-1",
        "Practitioner/clinician-2",
        "Practitioner/officer-1",
        f"Patient/{ADA}",
        f"Patient/{BEN}",
    )
    if chance.random() < 0.4:
        return chance.choice((f"{FHIR}/", "")) + chance.choice(known)
    made = f"{chance.choice(_BASES)}{chance.choice(_KINDS)}/{chance.choice(_NAMES)}{chance.choice(_ENDS)}"
    return chance.choice((made, made, made, _odd(chance)))


def _client(chance: random.Random, base: str) -> Any:
    named = (
        "registry",
        "journal-worker",
        "diary-app",
        "Registry",
        "registry ",
        ["registry"],
        "c" * 255,
        "c" * 256,
    )
    return chance.choice((*named, f"app-{chance.randint(1, 999)}", _odd(chance)))


def _subject(chance: random.Random, base: str) -> Any:
    return chance.choice(
        (ADA, "clinician-1", f"s-{chance.randint(1, 999)}", "s" * 255, "s" * 256, _odd(chance))
    )


def _name(chance: random.Random, base: str) -> Any:
    return chance.choice((f"token-{chance.randint(1, 9999)}", "a-token", "j" * 5000, _odd(chance)))


def _use(chance: random.Random, base: str) -> Any:
    return chance.choice(("access", "access", ..., "id", "refresh", "", None, 1, ["access"]))


VALUES: dict[str, Value] = {
    "iss": _issuer,
    "aud": _audience,
    "exp": _expires,
    "nbf": _begins,
    "iat": _begins,
    "scope": _scope,
    "patient": _patient,
    "fhirUser": _user,
    "client_id": _client,
    "sub": _subject,
    "jti": _name,
    "token_use": _use,
}
