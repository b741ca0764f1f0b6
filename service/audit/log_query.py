"""What a search of the log asks: a value between the doors, which read it, and the store, which answers it.

Apart from `questions`, which is what the officer's pages filter by: a search joins any number of conditions, and each
of them may name alternatives.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Aspect(StrEnum):
    """What of a record a condition is about.

    PERSON is who acted, as the record system names them ("Practitioner/7"); NAMED is any agent by its plain name: a
    client, an operator's account, our own base. WHAT is the resource touched, in any version; ENTITY says by the codes
    of R4 audit-entity-type whether a patient (1) or a thing or query (2) was; ADDRESS is how a network address begins.
    """

    ID = "id"
    PATIENT = "patient"
    PERSON = "person"
    NAMED = "named"
    ROLE = "role"
    WHAT = "what"
    ENTITY = "entity"
    ADDRESS = "address"
    DEED = "deed"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Condition:
    """The aspect is one of these values; with none of them nothing is found."""

    aspect: Aspect
    among: frozenset[str]


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant, which is part of it, up to another, which is not; None is open."""

    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which records are asked for: all conditions hold, and of each group in `recorded` one of the spans."""

    conditions: tuple[Condition, ...] = ()
    recorded: tuple[tuple[Span, ...], ...] = ()

    @property
    def only_patient(self) -> str | None:
        """The one patient who is asked for by name, where there is exactly one."""
        named = [one.among for one in self.conditions if one.aspect is Aspect.PATIENT]
        return next(iter(named[0])) if len(named) == 1 and len(named[0]) == 1 else None
