"""The values of search parameters as FHIR writes them: what is not understood is refused, never ignored (T2).

Each reader turns one value into the fields of a query; a field may be said once, so a span takes two values.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from service.access.context import AccessContext
from service.journal.problems import Fault, NotAllowed, Unusable
from service.journal.questions import Cursor
from service.smart.fhir_id import is_id

Reader = Callable[[str], dict[str, object]]

PAGE = 50
LARGEST_PAGE = 200
URN = "urn:ietf:rfc:3986|"
_REFERENCES = frozenset({"author", "encounter", "patient", "source", "subject", "target"})
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


def refuse_others(context: AccessContext, patient_ids: Iterable[str] | None) -> None:
    """NotAllowed where a patient out of reach is asked for by name (fhir-rest D-01)."""
    if patient_ids is not None and not all(context.reaches(one) for one in patient_ids):
        raise NotAllowed


def place_of(after: Cursor | None) -> str | None:
    """Where a page ended, as `after` reads it again; None behind the last."""
    return None if after is None else f"{after.authored.isoformat(timespec='microseconds')} {after.id}"


def page_url(path: str, pairs: list[tuple[str, str]], place: str) -> str:
    """The same question again, from this place on."""
    kept = [(name, value) for name, value in pairs if name != "after"]
    return f"{path}?{urlencode([*kept, ('after', place)])}"


def relative(pairs: Iterable[tuple[str, str]], base: str) -> list[tuple[str, str]]:
    """The same parameters, with references to this base's own resources as `Type/id` (fhir-rest I-84)."""
    return [(name, _relative(value, base) if name in _REFERENCES else value) for name, value in pairs]


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


def ids(value: str) -> dict[str, object]:
    """Resource ids, for `ids`."""
    return {"ids": words(value)}


def references(field: str, kind: str) -> Reader:
    """A reader of references to one resource type, as `id` or `Type/id`."""

    def read_references(value: str) -> dict[str, object]:
        return {field: frozenset(word.removeprefix(f"{kind}/") for word in words(value))}

    return read_references


def identifiers(value: str) -> dict[str, object]:
    """Business identifiers that are URIs, with their system or without."""
    return {"identifiers": frozenset(word.removeprefix(URN) for word in words(value))}


def dates(begins_field: str, ends_field: str) -> Reader:
    """A reader of dates with the comparators eq, ge, gt, le and lt: the span from the one field up to the other."""

    def read_date(value: str) -> dict[str, object]:
        prefix = value[:2] if value[:2] in ("eq", "ge", "gt", "le", "lt") else "eq"
        begins, ends = _span(value.removeprefix(prefix) if value[:2] == prefix else value)
        spans: dict[str, dict[str, object]] = {
            "eq": {begins_field: begins, ends_field: ends},
            "ge": {begins_field: begins},
            "gt": {begins_field: ends},
            "lt": {ends_field: begins},
            "le": {ends_field: ends},
        }
        return spans[prefix]

    return read_date


def instant(field: str) -> Reader:
    """A reader of the instant at which a written date begins."""
    return lambda value: {field: _span(value)[0]}


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


def after(value: str) -> dict[str, object]:
    """The place of `place_of`, for `after`."""
    try:
        authored, _, name = value.partition(" ")
        # A time without a zone is none of ours.
        moment = datetime.strptime(authored, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
        if not is_id(name):
            raise ValueError("no id of ours")
        return {"after": Cursor(moment, name)}
    except (ValueError, OverflowError):
        raise BadValue(Fault("value", "This page link is not whole.")) from None


def ignored(_value: str) -> dict[str, object]:
    """What is read elsewhere and asks nothing of a search."""
    return {}


def _span(written: str) -> tuple[datetime, datetime]:
    """The instants a written date covers, by its precision (R4 search, date); without a zone it is UTC."""
    try:
        if not _DATE.fullmatch(written):
            raise ValueError("not as R4 writes dates")
        if len(written) == 4:
            year = int(written)
            return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        if len(written) == 7:
            year, month = int(written[:4]), int(written[5:])
            return datetime(year, month, 1, tzinfo=UTC), datetime(
                year + month // 12, month % 12 + 1, 1, tzinfo=UTC
            )
        moment = datetime.fromisoformat(written)
        begins = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return begins, begins + _precision(written)
    except (ValueError, OverflowError):
        raise BadValue(Fault("value", "A date is written like 2026-11-20 or 2026-11-20T09:30:00Z.")) from None


def _precision(written: str) -> timedelta:
    """How long a written day or time lasts: a day, a minute, a second, or the instant that it names."""
    time = written[10:].removesuffix("Z")
    if not time:
        return timedelta(days=1)
    if "." in time:
        return timedelta(microseconds=1)
    return (
        timedelta(seconds=1)
        if time.partition("+")[0].partition("-")[0].count(":") == 2
        else timedelta(minutes=1)
    )
