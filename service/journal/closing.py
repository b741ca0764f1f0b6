"""Which series are over, and what a summary of one would tell: the rules of the document at a series' end (rule 20)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from service.journal.entries import EntryStatus, EntryVersion, shared_answers
from service.journal.overview import Overview
from service.journal.series import EpisodeSeen
from service.journal.steps import Step

_BY_EPISODE = "episode:"


@dataclass(frozen=True, slots=True)
class SeriesTold:
    """One series as others may read it: its steps in order, and whether it is over."""

    key: str
    steps: tuple[Step, ...]
    is_over: bool

    @property
    def entries(self) -> tuple[EntryVersion, ...]:
        """The entries of it of which something is shared."""
        return tuple(one.entry for one in self.steps if one.entry is not None and is_told(one.entry))

    @property
    def last(self) -> EntryVersion | None:
        """The last of them whose infusion still counts, else the last: on its account the series' document is owed."""
        counting = [one.entry for one in self.steps if one.assignment and one.entry and is_told(one.entry)]
        return next(iter((counting or list(self.entries))[::-1]), None)

    @property
    def digest(self) -> str:
        """A name for what it tells: another version, infusion or day is another one; no word is in it."""
        said = [
            (one.link.encounter_id, one.link.ordinal, one.link.infusion_start, _version(one))
            for one in self.steps
        ]
        return sha256(repr(said).encode()).hexdigest()


def series_told(view: Overview, episodes: Iterable[EpisodeSeen], now: datetime) -> tuple[SeriesTold, ...]:
    """Every series of this overview, which holds only what is released.

    One is over by a clinician's word, by the beginning of the next, or by the end of the episode that opened it, once
    that has come.
    """
    ended = {one.series for one in view.assignments if one.ends_series}
    past = {one.id for one in episodes if one.is_over and (one.end is None or one.end <= now)}
    keys = dict.fromkeys(key for step in view.steps if (key := series_of(step)) is not None)
    return tuple(
        SeriesTold(
            key,
            tuple(step for step in view.steps if series_of(step) == key),
            is_over=key in ended or _episode(key) in past,
        )
        for key in keys
    )


def series_of(step: Step) -> str | None:
    """The series that the infusion is in today, the frozen one where it no longer counts; None without an infusion."""
    if step.is_unattached:
        return None
    return step.assignment.series if step.assignment else step.link.series


def is_told(entry: EntryVersion) -> bool:
    """Whether others may read something of it: entered in error it does not count, and what is private is nobody's."""
    return entry.status is not EntryStatus.ENTERED_IN_ERROR and bool(shared_answers(entry.answers))


def _version(step: Step) -> tuple[str, int] | None:
    entry = step.entry
    return (entry.id, entry.version) if entry is not None and is_told(entry) else None


def _episode(key: str) -> str | None:
    """The episode that the first series of this key was opened by; a later one of the same episode has its number."""
    return key.removeprefix(_BY_EPISODE) if key.startswith(_BY_EPISODE) else None
