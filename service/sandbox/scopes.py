"""The grammar of SMART scopes: what a scope string says, and what is left of it under another one.

It stands apart because the authorization server grants scopes and the FHIR server obeys them, and both must
read them alike (SMART App Launch 2.2, "Scopes for requesting FHIR Resources").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

Level = Literal["patient", "user", "system"]
Letter = Literal["c", "r", "u", "d", "s"]

LETTERS: tuple[Letter, ...] = ("c", "r", "u", "d", "s")
VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
IDENTITY = ("openid", "fhirUser", "profile")
CONTEXT = ("launch", "launch/patient", "launch/encounter")
STAYING = ("online_access", "offline_access")

_SHAPE = re.compile(r"(patient|user|system)/([A-Z][A-Za-z]{1,63}|\*)\.([a-z]{1,5}|\*)")


@dataclass(frozen=True, slots=True)
class ResourceScope:
    """One `level/Type.letters` scope; `resource_type` is `*` for every type, `letters` a subset of `cruds`."""

    level: Level
    resource_type: str
    letters: frozenset[Letter]

    def covers(self, resource_type: str, letter: Letter) -> bool:
        """Whether this scope alone allows the interaction on the type."""
        return letter in self.letters and self.resource_type in ("*", resource_type)

    def __str__(self) -> str:
        return f"{self.level}/{self.resource_type}.{spelled(self.letters)}"


def spelled(letters: Iterable[Letter]) -> str:
    """The letters in the one order that the standard allows."""
    held = set(letters)
    return "".join(letter for letter in LETTERS if letter in held)


def parse(scope: str) -> ResourceScope | None:
    """Read one scope in version 2 or version 1 form; None for every other string.

    Letters out of order and unknown words are refused, never repaired. A scope with a search parameter is
    refused as a whole: to ignore the narrowing would widen what was asked for.
    """
    match = _SHAPE.fullmatch(scope)
    if match is None:
        return None
    level, resource_type, ending = match.groups()
    letters = frozenset(cast(tuple[Letter, ...], tuple(VERSION_1.get(ending, ending))))
    if ending not in VERSION_1 and spelled(letters) != ending:
        return None
    return ResourceScope(cast(Level, level), resource_type, letters)


def resource_scopes(scopes: Iterable[str]) -> tuple[ResourceScope, ...]:
    """The scopes among these strings that speak of resources, in their order."""
    return tuple(found for found in map(parse, scopes) if found is not None)


def allowed(asked: str, registered: Iterable[str]) -> tuple[str, ...]:
    """What of one asked scope lies within the registered ones: the same words if all of it, else what is left.

    A wildcard that is registered for some types only comes back as one scope for each of these types.
    """
    wanted = parse(asked)
    if wanted is None:
        return (asked,) if asked in set(registered) & {*IDENTITY, *CONTEXT, *STAYING} else ()
    limits = [limit for limit in resource_scopes(registered) if limit.level == wanted.level]
    held = _held(wanted, wanted.resource_type, limits)
    if held == wanted.letters:
        return (asked,)
    types = (
        [wanted.resource_type] if wanted.resource_type != "*" else sorted({x.resource_type for x in limits})
    )
    left = [ResourceScope(wanted.level, name, _held(wanted, name, limits)) for name in types]
    return tuple(str(scope) for scope in left if scope.letters)


def _held(wanted: ResourceScope, name: str, limits: Iterable[ResourceScope]) -> frozenset[Letter]:
    return frozenset(
        letter for letter in wanted.letters if any(limit.covers(name, letter) for limit in limits)
    )


def covered(asked: str, granted: Iterable[str]) -> bool:
    """Whether the granted scopes already hold everything of the asked one, in whichever spelling."""
    names = set(granted)
    return asked in names or (parse(asked) is not None and allowed(asked, names) == (asked,))
