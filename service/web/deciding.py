"""What a clinician's forms say, read strictly, and what is answered where a decision was not taken."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from service.journal.problems import ChangedElsewhere, Conflict, InfusionTaken, Problem, Unusable
from service.journal.rulings import Reason
from service.journal.worklist import Way
from service.web.reading import NotReadable
from service.workflow.decide import Decision, NotThisWay, TimeMissing

_Word = TypeVar("_Word", bound=StrEnum)


class NoSuchTime(Unusable):
    """The clocks went forward over this time, so there was no such time that night. Please look at the time again."""


class TimeTwice(Unusable):
    """The clocks went back that night, so this time came twice. Please say which one you mean."""


# What is answered with the list as it stands now; all else is answered as everywhere.
REFUSALS = (ChangedElsewhere, InfusionTaken, NotThisWay, TimeMissing, NoSuchTime, TimeTwice)
# A clinician is not told what stands in the way on an infusion: it may be a draft, which is the patient's alone.
_SENTENCES: Mapping[type[Problem], str] = {
    ChangedElsewhere: "This was decided or has changed meanwhile. Below is how it stands now.",
    InfusionTaken: "That infusion cannot be chosen any more. Please choose again.",
}


def answer_to(problem: Problem) -> tuple[str, int]:
    """The sentence for a clinician whose decision was not taken, and the HTTP status."""
    return _SENTENCES.get(type(problem), problem.sentence), 409 if isinstance(problem, Conflict) else 422


def one_of(words: type[_Word], said: str | None) -> _Word:
    """The word of this list that the form says; NotReadable for any other."""
    try:
        return words(said or "")
    except ValueError:
        raise NotReadable from None


def decision(fields: Mapping[str, str], zone: str) -> Decision:
    """What the form of one way says. `day` and `clock` are local to the clinic's IANA zone."""
    return Decision(
        item_id=fields.get("item", ""),
        way=one_of(Way, fields.get("way")),
        why=one_of(Reason, fields.get("why")),
        target=fields.get("target") or None,
        at=instant(fields.get("day", ""), fields.get("clock", ""), fields.get("which", ""), zone),
    )


def instant(day: str, clock: str, which: str, zone: str) -> datetime | None:
    """A local day ("2026-11-20") and time ("10:30") as an instant in UTC; None unless both are there.

    NoSuchTime where the clocks jumped over it. TimeTwice where it came twice and `which` is neither "first" nor
    "second". NotReadable for what is no date or time.
    """
    if not day or not clock:
        return None
    try:
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
        if local.tzinfo is not None:
            raise NotReadable
        first, second = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError):
        raise NotReadable from None
    if first == second:
        return first
    if first > second:
        raise NoSuchTime
    if which not in ("first", "second"):
        raise TimeTwice
    return first if which == "first" else second
