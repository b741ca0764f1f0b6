"""What all searches and histories share: sizes, dates, own addresses; what is not understood is refused (T2).

The parameters of a history are few: each reader turns one value into fields of its query, and a field is said once.
Those of searches are read by `search_reading`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from service.journal.problems import Fault, Unusable

Reader = Callable[[str], dict[str, object]]

PAGE = 50
LARGEST_PAGE = 200
URN = "urn:ietf:rfc:3986|"
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
_REFERENCES = frozenset(
    {"author", "encounter", "owner", "patient", "relatesto", "source", "subject", "target"}
)
_DATE = re.compile(
    r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)


class UnknownParameter(Unusable):
    """This search parameter is not offered here."""


class BadValue(Unusable):
    """This search value cannot be used."""


def read(pairs: Iterable[tuple[str, str]], readers: Mapping[str, Reader]) -> dict[str, object]:
    """What all parameters say together, by the query's fields; `limit` is there in any case.

    UnknownParameter for any parameter or modifier without a reader, BadValue where a field is said twice.
    """
    asked: dict[str, object] = {"limit": PAGE}
    for name, value in pairs:
        if name not in readers:
            raise UnknownParameter(Fault("not-supported", "This search parameter is not offered here."))
        said = readers[name](value)
        if any(key in asked and key != "limit" for key in said):
            raise BadValue(Fault("value", "This search parameter may stand only once."))
        asked |= said
    return asked


def page_url(path: str, pairs: list[tuple[str, str]], place: str) -> str:
    """The same question again, from this place on."""
    kept = [(name, value) for name, value in pairs if name != "after"]
    return f"{path}?{urlencode([*kept, ('after', place)])}"


def relative(pairs: Iterable[tuple[str, str]], base: str) -> list[tuple[str, str]]:
    """The same parameters, with references to this base's own resources as `Type/id` (fhir-rest I-84)."""
    return [
        (name, _relative(value, base) if name.partition(":")[0] in _REFERENCES else value)
        for name, value in pairs
    ]


def _relative(value: str, base: str) -> str:
    return ",".join(word.strip().removeprefix(f"{base}/") for word in value.split(","))


def as_query(pairs: list[tuple[str, str]]) -> str:
    """The search as it was asked, for the self link and the audit."""
    return urlencode(pairs)


def words(value: str) -> frozenset[str]:
    """The alternatives of a comma list; BadValue where there is none."""
    found = frozenset(word.strip() for word in value.split(",") if word.strip())
    if not found or len(value) > 2000:
        raise BadValue(Fault("value", "This search value cannot be used."))
    return found


def identifiers(value: str) -> dict[str, object]:
    """Business identifiers that are URIs, with their system or without."""
    return {"identifiers": frozenset(word.removeprefix(URN) for word in words(value))}


def instant(field: str) -> Reader:
    """A reader of the instant at which a written date begins."""
    return lambda value: {field: span(value)[0]}


def count(value: str) -> dict[str, object]:
    """The size of a page from 1, at most LARGEST_PAGE, for `limit`."""
    said = count_or_none(value)
    if said["limit"] == 0:
        raise BadValue(Fault("value", "_count must be a number from 1."))
    return said


def count_or_none(value: str) -> dict[str, object]:
    """The size of a page for `limit`; 0 asks for no match, only how many there are (fhir-rest I-74)."""
    if not (value.isascii() and value.isdecimal() and len(value) < 6):
        raise BadValue(Fault("value", "_count must be a number."))
    return {"limit": min(int(value), LARGEST_PAGE)}


def ignored(_value: str) -> dict[str, object]:
    """What is read elsewhere and asks nothing of a search."""
    return {}


def span(written: str) -> tuple[datetime, datetime]:
    """The instants a written date covers, by its precision (R4 search, date); without a zone it is UTC.

    From the first up to the second; BadValue for what is no date.
    """
    try:
        if not _DATE.fullmatch(written):
            raise ValueError("not as R4 writes dates")
        if len(written) == 4:
            year = int(written)
            return datetime(year, 1, 1, tzinfo=UTC), _first_of(year + 1, 1)
        if len(written) == 7:
            year, month = int(written[:4]), int(written[5:])
            return datetime(year, month, 1, tzinfo=UTC), _first_of(year + month // 12, month % 12 + 1)
        moment = datetime.fromisoformat(written)
        begins = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        lasts = _precision(written)
        return begins, begins + lasts if begins <= LATEST - lasts else LATEST
    except (ValueError, OverflowError):
        raise BadValue(Fault("value", "A date is written like 2026-11-20 or 2026-11-20T09:30:00Z.")) from None


def _first_of(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC) if year <= LATEST.year else LATEST


def _precision(written: str) -> timedelta:
    """How long a written day or time lasts: a day, a minute, a second, or such a part of one as its digits say."""
    time = written[10:].removesuffix("Z")
    if not time:
        return timedelta(days=1)
    fraction = re.search(r"\.([0-9]+)", time)
    if fraction is not None:
        return timedelta(microseconds=10 ** (6 - len(fraction[1])))
    return (
        timedelta(seconds=1)
        if time.partition("+")[0].partition("-")[0].count(":") == 2
        else timedelta(minutes=1)
    )
