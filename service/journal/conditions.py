"""What a search asks of one field, as values: doors say them, the store turns them into SQL, and rules hold them
against what is in no table.

A field has no value, one, or several; a condition holds where one of them meets it. Every condition of a question has
to hold. Instants are compared with spans as R4 does (search, date): a written date covers an instant as precise as it.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Period:
    """From the one instant to the other; None where it is open."""

    start: datetime | None
    end: datetime | None


Value = str | datetime | Period | None | frozenset[str]


@dataclass(frozen=True, slots=True)
class Among:
    """The field has one of these values; with `negated` it has none of them, or no value at all."""

    field: str
    values: frozenset[str]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Versioned:
    """The field's canonical is one of these; one without a version asks for any version (fhir-rest I-85)."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lacks:
    """The field has no value; with `negated` it has one."""

    field: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparator of R4 and the span of the date that was written: `begins` is part of it, `ends` is not."""

    prefix: str
    begins: datetime
    ends: datetime

    def holds(self, value: Period) -> bool:
        """Whether the period, which may be one instant, compares with the span as R4 says; open ends reach far."""
        starts_in = value.start is not None and value.start >= self.begins
        within = starts_in and self._ends_by(value, self.ends)
        above = value.end is None or value.end > self.ends or value.end == self.ends == value.start
        below = value.start is None or value.start < self.begins
        said = {
            "eq": within,
            "ne": not within,
            "gt": above,
            "lt": below,
            "ge": above or within,
            "le": below or within,
            "sa": value.start is not None and value.start >= self.ends,
            "eb": self._ends_by(value, self.begins),
            "ap": (value.start is None or value.start < self.ends)
            and (value.end is None or value.end > self.begins or value.end == self.begins == value.start),
        }
        return said[self.prefix]

    @staticmethod
    def _ends_by(value: Period, limit: datetime) -> bool:
        """An instant takes no time: at the very limit it lies behind it."""
        if value.end is None:
            return False
        return value.end < limit or (value.end == limit and value.start != value.end)


@dataclass(frozen=True, slots=True)
class During:
    """The field's instant or period meets one of these comparisons."""

    field: str
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """The field's text begins with one of these, contains it or is exactly it, as `how` says.

    Case and accents count only for "exact" (R4 search, string).
    """

    field: str
    words: tuple[str, ...]
    how: str = "begins"

    def holds(self, text: str) -> bool:
        """Whether this text is one that is asked for."""
        if self.how == "exact":
            return text in self.words
        mine, theirs = _folded(text), [_folded(word) for word in self.words]
        if self.how == "contains":
            return any(word in mine for word in theirs)
        return mine.startswith(tuple(theirs))


Condition = Among | Versioned | Lacks | During | Text


@dataclass(frozen=True, slots=True)
class Sort:
    """A field to sort by."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sorted page ended: the last one's values by the fields of the order, and its id."""

    keys: tuple[str | datetime, ...]
    id: str


def meets(condition: Condition, values: Mapping[str, Value]) -> bool:
    """Whether these values, by their fields, meet the condition."""
    value = values[condition.field]
    match condition:
        case Among():
            return condition.values.isdisjoint(_words(value)) == condition.negated
        case Versioned():
            said = _words(value)
            urls = {one.partition("|")[0] for one in said}
            return not condition.values.isdisjoint(said | urls)
        case Lacks():
            return (value is None or value == frozenset()) != condition.negated
        case During():
            period = Period(value, value) if isinstance(value, datetime) else value
            return isinstance(period, Period) and any(one.holds(period) for one in condition.comparisons)
        case Text():
            return any(condition.holds(one) for one in _words(value))


def values_asked(conditions: Iterable[Condition], field: str) -> frozenset[str]:
    """Every value that the conditions name for this field."""
    named = (one.values for one in conditions if isinstance(one, Among) and one.field == field)
    return frozenset().union(*named)


def is_behind(order: Sequence[Sort], keys: Sequence[str | datetime], name: str, place: Place) -> bool:
    """Whether what has these keys and this id comes after the place."""
    for sort, mine, theirs in zip(order, keys, place.keys, strict=True):
        if mine != theirs:
            return (mine < theirs) == sort.descending  # type: ignore[operator]  # one field, one type
    return name != place.id and (name < place.id) == order[-1].descending


def _words(value: Value) -> frozenset[str]:
    if isinstance(value, frozenset):
        return value
    return frozenset({str(value)}) if value is not None else frozenset()


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))
