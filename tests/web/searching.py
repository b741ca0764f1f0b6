"""Searches as strangers write them, and an oracle of its own that looks only at the JSON that was answered before.

A question is a value: the parameters with their alternatives. `written` puts it into a URL, `meets` says of one
resource whether it answers, and neither knows how the service does it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

Value = dict[str, Any]
URN = "urn:ietf:rfc:3986"
PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")


def comparators(begins: datetime, length: timedelta) -> dict[str, Callable[[datetime], bool]]:
    """What each prefix says of an instant when the value written is this span (R4 search, 3.1.1.4.6)."""
    ends = begins + length
    return {
        "": lambda at: begins <= at < ends,
        "eq": lambda at: begins <= at < ends,
        "ge": lambda at: at >= begins,
        "gt": lambda at: at >= ends,
        "lt": lambda at: at < begins,
        "le": lambda at: at < ends,
    }


def minute_and_day(at: datetime) -> dict[str, tuple[datetime, timedelta]]:
    """An instant as it is written to the minute and to the day, each with the span that is meant."""
    minute = at.replace(second=0, microsecond=0)
    return {
        f"{at:%Y-%m-%dT%H:%MZ}": (minute, timedelta(minutes=1)),
        f"{at:%Y-%m-%d}": (minute.replace(hour=0, minute=0), timedelta(days=1)),
    }


@dataclass(frozen=True)
class Asked:
    """One parameter: its name, a modifier or "", and the alternatives as they are written."""

    name: str
    modifier: str
    values: tuple[str, ...]

    @property
    def pair(self) -> tuple[str, str]:
        name = f"{self.name}:{self.modifier}" if self.modifier else self.name
        return name, ",".join(self.values)


def written(pairs: list[tuple[str, str]]) -> str:
    """A query string."""
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)


@dataclass(frozen=True)
class Kind:
    """How one resource type is looked at: per parameter, what a resource has there, and its code system."""

    dates: dict[str, str]
    references: dict[str, str]
    tokens: dict[str, tuple[str, str]]

    def meets(self, one: Value, asked: Asked) -> bool:
        """Whether this resource answers this parameter."""
        if asked.modifier == "missing":
            return (self._at(one, asked.name) is None) == (asked.values == ("true",))
        if asked.name in self.dates:
            return any(_compared(str(self._at(one, asked.name)), value) for value in asked.values)
        if asked.name in self.references:
            return any(_refers(self._at(one, asked.name), value, asked) for value in asked.values)
        if asked.name == "questionnaire":
            said = one["questionnaire"]
            return any(value in (said, said.split("|")[0]) for value in asked.values)
        found = any(self._is(one, asked.name, value) for value in asked.values)
        return found != (asked.modifier == "not")

    def key(self, one: Value, name: str) -> Any:
        value = self._at(one, name)
        # Some are shown to the second, and kept more precisely.
        return _moment(str(value)).replace(microsecond=0) if name in self.dates else value

    def _is(self, one: Value, name: str, value: str) -> bool:
        system, code = self.tokens[name][1], self._at(one, name)
        if "|" not in value:
            return bool(value == code)
        theirs, _, wanted = value.partition("|")
        return theirs == system and wanted in ("", code)

    def _at(self, one: Value, name: str) -> Any:
        path = self.dates.get(name) or self.references.get(name)
        path = path or (self.tokens[name][0] if name in self.tokens else name)
        value: Any = one
        for part in path.split("."):
            if isinstance(value, list):
                value = value[0]
            value = value.get(part) if isinstance(value, dict) else None
        return value


RESPONSES = Kind(
    dates={"_lastUpdated": "meta.lastUpdated", "authored": "authored"},
    references={
        "patient": "subject.reference",
        "subject": "subject.reference",
        "author": "author.reference",
        "source": "source.reference",
        "encounter": "encounter.reference",
    },
    tokens={
        "_id": ("id", ""),
        "identifier": ("identifier.value", URN),
        "status": ("status", "http://hl7.org/fhir/questionnaire-answers-status"),
    },
)

TASKS = Kind(
    dates={"_lastUpdated": "meta.lastUpdated", "modified": "lastModified", "authored-on": "authoredOn"},
    references={
        "patient": "for.reference",
        "subject": "for.reference",
        "owner": "owner.reference",
        "encounter": "encounter.reference",
    },
    tokens={
        "_id": ("id", ""),
        "identifier": ("identifier.value", URN),
        "status": ("status", "http://hl7.org/fhir/task-status"),
        "intent": ("intent", "http://hl7.org/fhir/request-intent"),
    },
)


def _refers(said: str | None, value: str, asked: Asked) -> bool:
    if said is None:
        return False
    return value in (said, said.split("/")[1]) or value.endswith(f"/fhir/{said}")


def _moment(written_: str) -> datetime:
    return datetime.fromisoformat(written_).astimezone(UTC)


def _compared(said: str, value: str) -> bool:
    """R4's comparison of an instant with the range of what was written."""
    prefix, date = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
    begins, ends = span(date)
    at = _moment(said)
    length = ends - begins
    return {
        "eq": begins <= at < ends,
        "ne": not begins <= at < ends,
        "gt": at >= ends,
        "sa": at >= ends,
        "lt": at < begins,
        "eb": at < begins,
        "ge": at >= begins,
        "le": at < ends,
        "ap": begins - length <= at < ends + length,
    }[prefix]


def span(date: str) -> tuple[datetime, datetime]:
    """From the first instant of what is written to the first behind it."""
    if len(date) == 4:
        return datetime(int(date), 1, 1, tzinfo=UTC), datetime(int(date) + 1, 1, 1, tzinfo=UTC)
    if len(date) == 7:
        begins = datetime.fromisoformat(f"{date}-01").replace(tzinfo=UTC)
        return begins, (begins + timedelta(days=32)).replace(day=1)
    moment = datetime.fromisoformat(date)
    begins = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if len(date) == 10:
        return begins, begins + timedelta(days=1)
    to_the_minute = date[16:17] in ("", "Z", "+", "-")
    return begins, begins + (timedelta(minutes=1) if to_the_minute else timedelta(seconds=1))


def walked(app: Any, base: str, path: str) -> list[Value]:
    """The matches of every page, in order."""
    found: list[Value] = []
    url: str | None = path
    while url is not None:
        answer = app.get(url.removeprefix(f"{base}/"))
        assert answer.status_code == 200, (url, answer.text)
        value = answer.json()
        found += [one["resource"] for one in value.get("entry", []) if one["search"]["mode"] == "match"]
        url = {link["relation"]: link["url"] for link in value["link"]}.get("next")
        assert len(found) < 500
    return found
