"""SMART scopes, v2 and v1, with a total grammar: what is not understood grants nothing (SMART B-10 to B-16, T15, T16).

scope = level "/" ( ResourceType / "*" ) "." perms [ "?" name "=" value *( "&" name "=" value ) ]
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from service.smart.problems import ContextsMixed

LEVELS = ("patient", "user", "system")
LETTERS = "cruds"
OTHERS = frozenset(
    {
        "openid",
        "fhirUser",
        "profile",
        "launch",
        "launch/patient",
        "launch/encounter",
        "online_access",
        "offline_access",
    }
)
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}
_SCOPE = re.compile(
    r"(?P<level>patient|user|system)/(?P<type>[A-Z][A-Za-z]{0,63}|\*)\."
    r"(?:(?P<v1>read|write|\*)|(?P<v2>c?r?u?d?s?))(?:\?(?P<query>[!-~]+))?"
)
# No ":" (modifier), no "." (chain), no leading "_filter": all experimental in a scope, so never granted (B-15).
_NAME = re.compile(r"_?[a-z][A-Za-z-]{0,63}")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A search parameter that narrows a scope, e.g. category=http://…|clinical-note."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Scope:
    """One understood data scope: `letters` are some of c, r, u, d, s; `constraints` must all be met."""

    level: str
    resource_type: str
    letters: frozenset[str]
    constraints: tuple[Constraint, ...] = ()

    def reaches(self, level: str, resource_type: str, letter: str) -> bool:
        """Whether the scope speaks about this interaction, constrained or not."""
        return self.level == level and self.resource_type in (resource_type, "*") and letter in self.letters


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token's scope grants: understood data scopes, the other known words, and what was not understood."""

    scopes: tuple[Scope, ...] = ()
    others: frozenset[str] = frozenset()
    not_granted: tuple[str, ...] = field(default=())

    def allows(self, level: str, resource_type: str, letter: str) -> bool:
        """Whether the interaction is allowed on every resource of the type that the level reaches."""
        return self.limits(level, resource_type, letter) == ()

    def limits(
        self, level: str, resource_type: str, letter: str
    ) -> tuple[tuple[Constraint, ...], ...] | None:
        """None: not allowed. Empty: allowed without a limit. Else: a resource must meet all of one tuple (B-14)."""
        reaching = [scope for scope in self.scopes if scope.reaches(level, resource_type, letter)]
        if not reaching:
            return None
        if any(not scope.constraints for scope in reaching):
            return ()
        return tuple(scope.constraints for scope in reaching)

    def covers(self, needed: "Granted") -> bool:
        """Whether everything needed is granted, by meaning and not by spelling (B-13, D-13)."""
        return not self.lacks(needed)

    def lacks(self, needed: "Granted") -> tuple[str, ...]:
        """The needed interactions that are not granted, one scope each, e.g. "system/Binary.c"."""
        return tuple(
            f"{scope.level}/{scope.resource_type}.{letter}"
            for scope in needed.scopes
            for letter in LETTERS
            if letter in scope.letters and not self._grants(scope, letter)
        )

    def has_level(self, level: str) -> bool:
        """Whether any data scope is of this level."""
        return any(scope.level == level for scope in self.scopes)

    def _grants(self, needed: Scope, letter: str) -> bool:
        limits = self.limits(needed.level, needed.resource_type, letter)
        return limits is not None and (limits == () or needed.constraints in limits)


NOTHING = Granted()


def parse(scope: str, constraints: Mapping[str, frozenset[str]] | None = None) -> Granted:
    """Read a scope string; `constraints` names, per resource type, the search parameters we can evaluate.

    A scope narrowed by any other parameter is not granted (B-16). ContextsMixed where words of the system's level
    stand beside those of a person's (patient, user): such a token would lend a person the reach of a machine (T15).
    """
    words = [word for word in scope.split(" ") if word]
    read = {word: _read(word, constraints or {}) for word in words}
    granted = Granted(
        scopes=tuple(dict.fromkeys(one for one in read.values() if one is not None)),
        others=frozenset(words) & OTHERS,
        not_granted=tuple(word for word, one in read.items() if one is None and word not in OTHERS),
    )
    # Also by what is not granted: a token that was made for both is no good token for either.
    levels = {word.partition("/")[0] for word in words if word not in OTHERS}
    if "system" in levels and not levels.isdisjoint(("patient", "user")):
        raise ContextsMixed("person-and-system")
    return granted


def _read(word: str, supported: Mapping[str, frozenset[str]]) -> Scope | None:
    match = _SCOPE.fullmatch(word)
    if match is None or not (match["v1"] or match["v2"]):
        return None
    letters = frozenset(_V1[match["v1"]] if match["v1"] else match["v2"])
    if match["query"] is None:
        return Scope(match["level"], match["type"], letters)
    if match["v1"]:  # v1 knows no constraints
        return None
    constraints = _constraints(match["query"], supported.get(match["type"], frozenset()))
    return Scope(match["level"], match["type"], letters, constraints) if constraints else None


def _constraints(query: str, supported: Iterable[str]) -> tuple[Constraint, ...]:
    pairs = [pair.partition("=") for pair in query.split("&")]
    if not all(_NAME.fullmatch(name) and value and name in supported for name, _, value in pairs):
        return ()
    try:
        values = [unquote(value, errors="strict") for _, _, value in pairs]
    except UnicodeDecodeError:
        return ()
    return tuple(
        sorted(
            (Constraint(name, value) for (name, _, _), value in zip(pairs, values, strict=True)),
            key=lambda constraint: (constraint.name, constraint.value),
        )
    )
