"""Capability profiles: what one kind of record system can take, as data beside this module (product rule 23).

A profile is a TOML file: the keys of the clinic's own table `[filing]`, what the record system should say of itself,
and the facts that both come from, each with its grade. They stand apart from the code that files, which asks the
settled keys and knows no maker's name.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from service.filing_table import UNDECIDED, FilingTable, RungLetter, contradiction

EMBEDDED = "embedded"
_FOLDER = Path(__file__).with_name("profiles")
_OWN_KEYS = frozenset(("profile", "test_patient"))
_Words = Annotated[str, Field(min_length=1, max_length=400)]


class ProfileUnusable(ValueError):
    """The profile does not exist, is not written as one, or its keys and the clinic's contradict each other."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(_Part):
    """One thing that is known, or not known, of this kind of record system.

    `grade` is P for the maker's own page, S for somebody's report of a try, G for the text of a standard, "?" where
    nobody could say: there the keys it decides take the careful side. `source` says in words where it comes from.
    """

    about: _Words
    says: _Words
    grade: Literal["P", "S", "G", "?"]
    source: _Words
    decides: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _decides_what_there_is(self) -> "Fact":
        unknown = sorted(set(self.decides) - set(FilingTable.model_fields))
        if unknown:
            raise ValueError(f"decides no key of filing: {', '.join(unknown)}")
        return self


class Offers(_Part):
    """What its CapabilityStatement should say beyond the keys of filing: the types that can be created and updated."""

    creates: tuple[str, ...] = ("DocumentReference",)
    updates: tuple[str, ...] = ()


class Profile(_Part):
    """One kind of record system: how summaries are filed there, what it offers, and why we think so."""

    title: _Words
    about: _Words
    filing: FilingTable
    offers: Offers = Offers()
    facts: Annotated[tuple[Fact, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_of_one_piece(self) -> "Profile":
        said = contradiction(self.filing)
        if said is not None:
            raise ValueError(said)
        return self


def profile_names() -> tuple[str, ...]:
    """The names under which profiles can be chosen, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.toml")))


def profile_named(name: str) -> Profile:
    """The profile of this name; ProfileUnusable where there is none."""
    if name not in profile_names():
        raise ProfileUnusable(f"profile: there is no {name!r}; there are: {', '.join(profile_names())}")
    return read_profile((_FOLDER / f"{name}.toml").read_text("utf-8"))


def read_profile(written: str) -> Profile:
    """The profile written here as TOML; ProfileUnusable names the first place that is wrong."""
    try:
        return Profile.model_validate(tomllib.loads(written))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ProfileUnusable(f"{place}: {first['msg']}") from error
    except tomllib.TOMLDecodeError as error:
        raise ProfileUnusable(str(error)) from error


def rung_expected(profile: Profile, clinic: FilingTable) -> RungLetter:
    """The rung that the clinic has written, else the one that its profile expects."""
    return clinic.rung if is_decided(clinic) else profile.filing.rung


def is_decided(clinic: FilingTable) -> bool:
    """Whether the clinic's file says on which rung it stands."""
    return "rung" in clinic.model_fields_set


def settled(profile: Profile, clinic: FilingTable) -> FilingTable:
    """The profile's keys with those that the clinic's file has written instead; ProfileUnusable where they clash.

    The rung is the clinic's own word alone: a profile says which one is expected, and until somebody has written it in
    the clinic's file, filing goes as on D (fault matrix, section 2, rule 4; decision 0037).
    """
    own: dict[str, Any] = clinic.model_dump(exclude_unset=True, exclude=set(_OWN_KEYS))
    table = FilingTable.model_validate(profile.filing.model_dump() | {"rung": UNDECIDED} | own)
    said = contradiction(table)
    if said is not None:
        raise ProfileUnusable(said)
    return table
