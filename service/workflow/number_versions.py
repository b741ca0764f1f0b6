"""The number of an entry's version, in the generation of the database that it is made in (fault F38)."""

from dataclasses import dataclass, replace

from service.journal.entries import EntryVersion
from service.journal.numbers import next_number
from service.store.generations import generation
from service.workflow.desk import Desk


@dataclass(frozen=True, slots=True)
class Number:
    """A version's number, and the one before it where that is not the one below."""

    version: int
    follows: int | None


def number_after(desk: Desk, clinic: str, before: int) -> Number:
    """The number of the version that comes after this one; 0 where the entry begins with it."""
    version = next_number(before, generation(desk.store, clinic))
    return Number(version, None if version == before + 1 else before)


def numbered_after(desk: Desk, clinic: str, before: EntryVersion) -> EntryVersion:
    """The same as `before` under the next number; what else it says is for its maker to change."""
    number = number_after(desk, clinic, before.version)
    return replace(before, version=number.version, follows=number.follows)
