"""What a truly signed token must open, said a second time from the specifications and without the code under test.

SMART App Launch 2.2 (scopes), RFC 7519 and RFC 9068 (claims), the house's B-20, B-21 and B-40, rules 29 to 31.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEEWAY = 60
LONGEST_LIFE = 24 * 3600
_ID_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.")
_STAFF = ("Practitioner", "PractitionerRole")

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class At:
    """An instant as it will stand in a token: so many seconds from when it is signed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class House:
    """What the clinic's configuration says about tokens."""

    issuer: str
    base: str
    records: str  # the record system's FHIR base
    care_team: frozenset[str]
    officers: frozenset[str]
    clients: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What must come of it: 401 or 403 for everything, or what `letters` open of these `patients` (None: all)."""

    refused: int | None = None
    letters: frozenset[str] = frozenset()
    patients: frozenset[str] | None = frozenset()


def judge(claims: Claims, house: House) -> Verdict:
    """The verdict on QuestionnaireResponses; a claim that is null stands there, one that is absent does not."""
    words = _words(claims.get("scope"))
    if words is None or not _is_for_us(claims, house) or not _is_now(claims) or not _is_named(claims):
        return Verdict(refused=401)
    if "patient" in claims and claims["patient"] is not None and not _is_id(claims["patient"]):
        return Verdict(refused=401)
    scopes = [scope for scope in map(_scope, words) if scope is not None]
    spoken = {word.partition("/")[0] for word in words}
    if "system" in spoken and spoken & {"patient", "user"}:
        return Verdict(refused=401)  # a token for a machine and a person at once, understood or not (T15)
    if any(level == "system" for level, _, _ in scopes):
        named = [name for name in ("patient", "encounter", "fhirUser") if claims.get(name) is not None]
        return Verdict(refused=401) if named else _of_a_service(claims, house, scopes)
    return _of_a_person(claims, house, scopes)


def _is_for_us(claims: Claims, house: House) -> bool:
    audience = claims.get("aud")
    several = [audience] if isinstance(audience, str) else audience
    if not isinstance(several, list) or any(not isinstance(one, str) for one in several):
        return False
    return house.base in several and claims.get("iss") == house.issuer


def _is_now(claims: Claims) -> bool:
    if "exp" not in claims or "iat" not in claims:
        return False
    seconds = {name: _seconds(claims[name]) for name in ("exp", "iat", "nbf") if name in claims}
    if any(value is None for value in seconds.values()):
        return False
    ends, *begins = (value for value in seconds.values() if value is not None)
    return -LEEWAY < ends <= LONGEST_LIFE + LEEWAY and all(value <= LEEWAY for value in begins)


def _seconds(value: object) -> float | None:
    """How far from now; a plain number is an instant of long ago or far away (RFC 7519, NumericDate)."""
    if isinstance(value, At):
        return value.seconds
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return -1e12 if value < 1e9 else 1e12


def _is_named(claims: Claims) -> bool:
    named = (claims.get("sub"), claims.get("client_id"))
    kind = claims.get("token_use", "access")
    return all(isinstance(one, str) and 1 <= len(one) <= 255 for one in named) and kind == "access"


def _words(scope: object) -> list[str] | None:
    return scope.split(" ") if isinstance(scope, str) else None


def _scope(word: str) -> tuple[str, str, frozenset[str]] | None:
    """Level, type and letters of a data scope; None for a word that grants nothing (B-10, B-12, B-16)."""
    level, slash, rest = word.partition("/")
    resource_type, point, permissions = rest.partition(".")
    if level not in ("patient", "user", "system") or not slash or not point:
        return None
    plain = resource_type.isascii() and resource_type.isalpha() and resource_type[0].isupper()
    if not plain and resource_type != "*":
        return None
    old = {"read": "rs", "write": "cud", "*": "cruds"}
    letters = old.get(permissions, permissions)
    in_order = [letter for letter in "cruds" if letter in letters]
    if not letters or list(letters) != in_order:
        return None
    return level, resource_type, frozenset(letters)


def _of_a_service(claims: Claims, house: House, scopes: list[tuple[str, str, frozenset[str]]]) -> Verdict:
    listed = claims["client_id"] in house.clients
    return Verdict(letters=_letters(scopes, {"system"}), patients=None if listed else frozenset())


def _of_a_person(claims: Claims, house: House, scopes: list[tuple[str, str, frozenset[str]]]) -> Verdict:
    patient, person = claims.get("patient"), _person(claims.get("fhirUser"), house)
    if person is None:
        return Verdict(refused=403)
    kind, name = person
    with_patient = {"patient"} if patient is not None else set()
    if kind in _STAFF:
        team = f"{kind}/{name}" in house.care_team
        if f"{kind}/{name}" in house.officers and not team:
            return Verdict(refused=403)
        letters = _letters(scopes, {"user"} | with_patient)
        if patient is not None:
            return Verdict(letters=letters, patients=frozenset({patient}))
        return Verdict(letters=letters, patients=None if team else frozenset())
    if kind == "Patient" and name == patient:
        return Verdict(letters=_letters(scopes, with_patient), patients=frozenset({name}))
    return Verdict(refused=403)


def _letters(scopes: list[tuple[str, str, frozenset[str]]], levels: set[str]) -> frozenset[str]:
    ours = [one for level, kind, one in scopes if level in levels and kind in ("QuestionnaireResponse", "*")]
    return frozenset().union(*ours)


def _person(value: object, house: House) -> tuple[str, str] | None:
    """Type and id of somebody in this clinic's record system, and of nobody elsewhere (A-84)."""
    if not isinstance(value, str):
        return None
    kind, slash, name = value.removeprefix(f"{house.records}/").partition("/")
    return (kind, name) if slash and kind.isalpha() and _is_id(name) else None


def _is_id(value: object) -> bool:
    return (
        isinstance(value, str)
        and 1 <= len(value) <= 64
        and set(value) <= _ID_LETTERS
        and value not in (".", "..")
    )
