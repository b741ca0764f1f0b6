"""Which search parameters may narrow a SMART scope, and what each asks of a row (SMART B-14 to B-16, threat T16).

Apart from the searches: a search may ask for anything that is offered, a scope only for what every interaction can
hold to. What is not understood here grants nothing.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from service.access.context import Limit
from service.r4.search_parameters import BY_TYPE, Parameter

OFFERED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "QuestionnaireResponse": frozenset({"status", "questionnaire", "encounter"}),
        "Task": frozenset({"status", "encounter"}),
    }
)
_ENCOUNTER = re.compile(r"(?:Encounter/)?([A-Za-z0-9\-.]{1,64})")
_CANONICAL = re.compile(r"[!-~]+")
_ESCAPES = ("\\", "$")


def limits(resource_type: str, constraints: Iterable[tuple[str, str]]) -> tuple[Limit, ...] | None:
    """What a row has to meet, all of it, for these names and values; None where one of them cannot be evaluated."""
    found = [_limit(resource_type, name, value) for name, value in constraints]
    known = tuple(one for one in found if one is not None)
    return known if len(known) == len(found) else None


def _limit(resource_type: str, name: str, value: str) -> Limit | None:
    if name not in OFFERED.get(resource_type, ()):
        return None
    parameter = next(one for one in BY_TYPE[resource_type] if one.name == name)
    values = [_value(parameter, word) for word in value.split(",")]
    known = frozenset(one for one in values if one is not None)
    return Limit(parameter.field, known) if None not in values else None


def _value(parameter: Parameter, word: str) -> str | None:
    """The row's own value that this word names; None for a word that only a search could make something of."""
    if any(escape in word for escape in _ESCAPES):
        return None
    if parameter.type == "token":
        code = word.removeprefix(f"{parameter.system}|")
        return code if code in (parameter.codes or ()) else None
    if parameter.targets:
        named = _ENCOUNTER.fullmatch(word)
        return named[1] if named else None
    url, bar, version = word.partition("|")
    whole = _CANONICAL.fullmatch(word) and url and bool(bar) == bool(version) and "|" not in version
    return word if whole else None
