"""The series that infusions are counted in, the ordinal each one has there, and the set that follows it (rules 9, 10).

A series begins by a clinician's word, else with the EpisodeOfCare on the Encounter where the clinic turned that on,
else with the first infusion after the last closed series. Nothing else closes one: no count, no gap.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from service.journal.entries import Link
from service.journal.infusions import Course, Infusion
from service.journal.prompts import PromptLibrary, PromptSet
from service.journal.rulings import RulingKind, Rulings


class Beyond(StrEnum):
    """What is asked after the last set of a series (rule 10)."""

    REPEATING = "repeating"
    BOOSTER = "booster"
    NOTHING = "nothing"


class Opened(StrEnum):
    """What a series began with, in the order of precedence."""

    CLINICIAN = "clinician"
    EPISODE = "episode"
    FIRST_MATCH = "first-match"


class Asked(StrEnum):
    """Why this set follows this infusion."""

    ORDINAL = "ordinal"
    BEYOND = "beyond-the-last-set"
    CLINICIAN = "clinician"


@dataclass(frozen=True, slots=True)
class EpisodeSeen:
    """One EpisodeOfCare as the record system showed it."""

    id: str
    patient_id: str
    status: str
    start: datetime | None = None
    end: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether the record system says that it ended, with a date or without one."""
        return self.end is not None or self.status in ("finished", "cancelled", "entered-in-error")


@dataclass(frozen=True, slots=True)
class SeriesRule:
    """How a clinic counts: whether episodes open series, how many sets a series has, what is asked beyond them.

    An entry without an encounter attaches by itself to an infusion that began at most `attach_within` before its
    first word (rule 11). `open_for` is how long a set is asked for; afterwards its request reads "failed".
    """

    length: int = 6
    episodes: bool = False
    beyond: Beyond = Beyond.REPEATING
    booster: str | None = None
    attach_within: timedelta = timedelta(hours=24)
    open_for: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Series:
    """A run of infusions. `key` names it for good by what opened it: a ruling, an episode, or its number."""

    key: str
    opened: Opened
    infusions: tuple[Infusion, ...]
    closed_by: Opened | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """One infusion of a series, its ordinal, and the set that belongs to it (None where nothing is asked).

    `ends_series` says that it is the last of a closed series: the next infusion is the first of another.
    """

    infusion: Infusion
    ordinal: int
    prompt_set: PromptSet | None
    rule_version: str
    series: str = "first-match:1"
    asked: Asked = Asked.ORDINAL
    ends_series: bool = False

    @property
    def link(self) -> Link:
        """What an entry freezes when its patient starts writing."""
        return Link(
            encounter_id=self.infusion.encounter_id,
            ordinal=self.ordinal,
            infusion_start=self.infusion.start,
            infusion_end=self.infusion.end,
            evidence=self.infusion.encounter_ids,
            rule_version=self.rule_version,
            series=self.series,
        )


def all_series(
    course: Course, rule: SeriesRule, rulings: Rulings, episodes: Iterable[EpisodeSeen] = ()
) -> tuple[Series, ...]:
    """The patient's series in the order in which they began; every infusion of the course is in one of them."""
    counting = _Counting(rule, rulings, _Episodes(course, episodes))
    for infusion in course.infusions:
        counting.take(infusion)
    return tuple(Series(one.key, one.opened, tuple(one.infusions), one.closed_by) for one in counting.series)


def assign(
    course: Course,
    library: PromptLibrary,
    rule: SeriesRule | None = None,
    rulings: Rulings | None = None,
    episodes: Iterable[EpisodeSeen] = (),
) -> tuple[Assignment, ...]:
    """Every infusion in the order of the course, each with its ordinal in its series and its set."""
    by_clinic, said = rule or SeriesRule(), rulings or Rulings()
    assigned = [
        _assignment(infusion, ordinal, series, course.rule_version, library, by_clinic, said)
        for series in all_series(course, by_clinic, said, episodes)
        for ordinal, infusion in enumerate(series.infusions, start=1)
    ]
    return tuple(sorted(assigned, key=lambda one: (one.infusion.start, one.infusion.encounter_id)))


def _assignment(
    infusion: Infusion,
    ordinal: int,
    series: Series,
    rule_version: str,
    library: PromptLibrary,
    rule: SeriesRule,
    rulings: Rulings,
) -> Assignment:
    asked, prompt_set = _set_after(infusion, ordinal, series, library, rule, rulings)
    ends = series.closed_by is not None and ordinal == len(series.infusions)
    return Assignment(infusion, ordinal, prompt_set, rule_version, series.key, asked, ends)


def _set_after(
    infusion: Infusion,
    ordinal: int,
    series: Series,
    library: PromptLibrary,
    rule: SeriesRule,
    rulings: Rulings,
) -> tuple[Asked, PromptSet | None]:
    said = rulings.asked(infusion.encounter_ids)
    if said is not None:
        wanted = library.by_url(said.set_url) if said.kind is RulingKind.ASK_SET and said.set_url else None
        return Asked.CLINICIAN, wanted
    regular = library.for_ordinal(ordinal) if ordinal <= rule.length else None
    if regular is None or _asked_elsewhere(regular, ordinal, series, rulings):
        return Asked.BEYOND, set_beyond(library, rule)
    return Asked.ORDINAL, regular


def _asked_elsewhere(regular: PromptSet, ordinal: int, series: Series, rulings: Rulings) -> bool:
    """Whether a clinician asked for this set after an earlier infusion of the series, as the closing one is."""
    said = (rulings.asked(one.encounter_ids) for one in series.infusions[: ordinal - 1])
    return any(one is not None and one.set_url == regular.url for one in said)


def set_beyond(library: PromptLibrary, rule: SeriesRule) -> PromptSet | None:
    """What this clinic asks after the last set of a series (rule 10); None for nothing."""
    if rule.beyond is Beyond.BOOSTER:
        return library.by_url(rule.booster or "")
    return library.repeating if rule.beyond is Beyond.REPEATING else None


class _Episodes:
    """The episodes of care, and from when on each is over."""

    def __init__(self, course: Course, episodes: Iterable[EpisodeSeen]) -> None:
        known = {f"EpisodeOfCare/{one.id}": one for one in episodes}
        self._wrong = {name for name, one in known.items() if one.status == "entered-in-error"}
        self._ends = {name: _end(name, one, course) for name, one in known.items()}

    def of(self, infusion: Infusion) -> str | None:
        """The episode that the infusion's encounter names, if it still ran then."""
        named = infusion.episode
        return None if named is None or named in self._wrong or self.is_over(named, infusion) else named

    def is_over(self, episode: str, infusion: Infusion) -> bool:
        """Whether the episode had ended when this infusion began."""
        end = self._ends.get(episode)
        return end is not None and infusion.start > end


def _end(name: str, episode: EpisodeSeen, course: Course) -> datetime | None:
    """When an episode ended; one that is over without a date ended with the last infusion that names it."""
    if episode.end is not None or not episode.is_over:
        return episode.end
    return max((one.start for one in course.infusions if one.episode == name), default=None)


class _Open:
    """A series while it is being counted."""

    def __init__(self, key: str, opened: Opened, episode: str | None) -> None:
        self.key = key
        self.opened = opened
        self.episode = episode
        self.infusions: list[Infusion] = []
        self.closed_by: Opened | None = None


class _Counting:
    """Walks through the infusions in order and puts each in its series."""

    def __init__(self, rule: SeriesRule, rulings: Rulings, episodes: _Episodes) -> None:
        self.series: list[_Open] = []
        self._rule = rule
        self._rulings = rulings
        self._episodes = episodes

    def take(self, infusion: Infusion) -> None:
        """Put the next infusion in its series, which a clinician may have closed with it."""
        self._close_by_episode(infusion)
        series = self._series_of(infusion)
        series.infusions.append(infusion)
        if self._rulings.closes_series(infusion.encounter_ids) is not None:
            series.closed_by = Opened.CLINICIAN

    def _close_by_episode(self, infusion: Infusion) -> None:
        for series in self.series:
            is_over = series.episode is not None and self._episodes.is_over(series.episode, infusion)
            if series.closed_by is None and is_over:
                series.closed_by = Opened.EPISODE

    def _series_of(self, infusion: Infusion) -> _Open:
        episode = self._episodes.of(infusion) if self._rule.episodes else None
        said = self._rulings.begins_series(infusion.encounter_ids)
        going_on = self._of_episode(episode) if episode is not None else self._last()
        if said is not None:
            self._close_before(going_on)
            return self._open(f"ruling:{said.id}", Opened.CLINICIAN, episode)
        if going_on is not None:
            return going_on
        if episode is not None:
            return self._open(f"episode:{self._name(episode)}", Opened.EPISODE, episode)
        number = sum(one.opened is Opened.FIRST_MATCH for one in self.series) + 1
        return self._open(f"first-match:{number}", Opened.FIRST_MATCH, None)

    def _close_before(self, going_on: _Open | None) -> None:
        """A clinician who begins a series ends the one that would have gone on; other episodes run beside it."""
        for one in self.series:
            if one.closed_by is None and (one is going_on or one.episode is None):
                one.closed_by = Opened.CLINICIAN

    def _last(self) -> _Open | None:
        still_open = [one for one in self.series if one.closed_by is None]
        return still_open[-1] if still_open else None

    def _of_episode(self, episode: str) -> _Open | None:
        """The open series of this episode; one that a clinician began takes in the first episode it meets."""
        still_open = [one for one in reversed(self.series) if one.closed_by is None]
        found = next((one for one in still_open if one.episode == episode), None)
        if (
            found is None
            and still_open
            and still_open[0].opened is Opened.CLINICIAN
            and still_open[0].episode is None
        ):
            found = still_open[0]
            found.episode = episode
        return found

    def _name(self, episode: str) -> str:
        """The episode's id; a second series of one episode, after a clinician closed the first, has a number."""
        name = episode.rpartition("/")[2]
        earlier = sum(one.opened is Opened.EPISODE and one.episode == episode for one in self.series)
        return f"{name}:{earlier + 1}" if earlier else name

    def _open(self, key: str, opened: Opened, episode: str | None) -> _Open:
        begun = _Open(key, opened, episode)
        self.series.append(begun)
        return begun
