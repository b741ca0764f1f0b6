"""What scopes permit, and how far those with search constraints narrow what is read (decision 0021; T15, T16).

A narrowing is part of the reach, like the patients: it stands in the SQL of every question about such rows, and what
is made of a response is reached as far as the response is.
"""

from collections.abc import Collection, Iterable

from service.access.context import Limit, Narrowing, Permission
from service.r4 import scope_constraints
from service.smart.scopes import LETTERS, Constraint, Granted

_READING = "rs"
# To decline a set takes several steps, which have to see whatever the first of them made.
_IN_STEPS = "Task"


def permissions_of(granted: Granted, levels: Collection[str], served: Iterable[str]) -> frozenset[Permission]:
    """What these scopes permit at these levels; a constrained one permits to read and to search, nothing else."""
    narrowed = bool(narrowings_of(granted, levels))
    return frozenset(
        Permission(level, resource_type, letter)
        for resource_type in served
        for letter in LETTERS
        for level in levels
        if _ways(granted, (level,), resource_type, letter) is not None
        if letter in _READING or not (narrowed and resource_type == _IN_STEPS)
    )


def narrowings_of(granted: Granted, levels: Collection[str]) -> tuple[Narrowing, ...]:
    """What every row of a type has to meet; where reading and searching are narrowed apart, it has to meet both."""
    found = (
        Narrowing(resource_type, ways)
        for resource_type in scope_constraints.OFFERED
        for letter in _READING
        if (ways := _ways(granted, levels, resource_type, letter))
    )
    return tuple(dict.fromkeys(found))


def _ways(
    granted: Granted, levels: Collection[str], resource_type: str, letter: str
) -> tuple[tuple[Limit, ...], ...] | None:
    """As Granted.limits, of all these levels: None where nothing is granted, empty where nothing narrows it."""
    said = [granted.limits(level, resource_type, letter) for level in levels]
    if () in said:
        return ()
    alternatives = [one for limits in said for one in limits or ()] if letter in _READING else []
    ways = (_understood(resource_type, one) for one in alternatives)
    return tuple(one for one in ways if one is not None) or None


def _understood(resource_type: str, constraints: Iterable[Constraint]) -> tuple[Limit, ...] | None:
    return scope_constraints.limits(resource_type, ((one.name, one.value) for one in constraints))
