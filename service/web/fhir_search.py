"""Search parameters as FHIR writes them, read into what the store is asked; what is not known is refused (T2)."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from service.access.context import AccessContext
from service.journal.entries import EntryStatus
from service.journal.problems import Fault, NotAllowed, Unusable
from service.journal.prompts import PromptLibrary
from service.journal.questions import Cursor, EntryQuery
from service.smart.fhir_id import is_id

_Reader = Callable[[str], dict[str, object]]

PUBLISHED = "infusion-journal-published"
PAGE = 50
LARGEST_PAGE = 200
_URN = "urn:ietf:rfc:3986|"
_DATE = re.compile(
    r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)


class UnknownParameter(Unusable):
    """This search parameter is not offered here."""


class BadValue(Unusable):
    """This search value cannot be used."""


@dataclass(frozen=True, slots=True)
class Published:
    """One published Questionnaire: its id, its bytes as they are served, and what searches look at."""

    id: str
    raw: bytes
    digest: str
    values: dict[str, str]


def publish(files: Mapping[str, bytes]) -> tuple[Published, ...]:
    """The published Questionnaires, by file name, ready to be served."""
    return tuple(_published(files[name]) for name in sorted(files))


def _published(raw: bytes) -> Published:
    value = json.loads(raw)
    names = {
        "_id": "id",
        "url": "url",
        "version": "version",
        "status": "status",
        "name": "name",
        "title": "title",
    }
    return Published(
        id=value["id"],
        raw=raw,
        digest=hashlib.sha256(raw).hexdigest(),
        values={parameter: str(value[element]) for parameter, element in names.items()},
    )


def questionnaires(published: Iterable[Published], pairs: Iterable[tuple[str, str]]) -> list[Published]:
    """The Questionnaires that meet every parameter; strings by their beginning, all else exactly (R4 search)."""
    asked = [(name, value) for name, value in pairs if name not in ("_format", "_pretty")]
    return [one for one in published if all(_meets(one, name, value) for name, value in asked)]


def _meets(one: Published, name: str, value: str) -> bool:
    if name not in one.values:
        raise UnknownParameter(
            Fault("not-supported", "This search parameter is not offered for Questionnaire.")
        )
    wanted = value.split(",")
    if name in ("name", "title"):
        return any(one.values[name].casefold().startswith(word.casefold()) for word in wanted)
    if name == "url":
        return any(
            word in (one.values["url"], f"{one.values['url']}|{one.values['version']}") for word in wanted
        )
    return one.values[name] in wanted


def responses(pairs: list[tuple[str, str]], context: AccessContext, library: PromptLibrary) -> EntryQuery:
    """What a search for QuestionnaireResponses asks of the store.

    UnknownParameter for any parameter or modifier not offered; NotAllowed where another patient is asked for
    (fhir-rest D-01). A parameter may stand once, `authored` twice.
    """
    asked: dict[str, object] = {"limit": PAGE}
    for name, value in pairs:
        if name not in _READERS:
            raise UnknownParameter(Fault("not-supported", "This search parameter is not offered here."))
        read = _READERS[name](value)
        if any(key in asked and key != "limit" for key in read):
            raise BadValue(Fault("value", "This search parameter may stand only once."))
        asked |= read
    wanted = EntryQuery(**asked)  # type: ignore[arg-type]  # each reader gives the values of its own field
    if wanted.patient_ids is not None and not all(context.reaches(one) for one in wanted.patient_ids):
        raise NotAllowed
    if wanted.questionnaires is not None:
        wanted = replace(wanted, questionnaires=_versions(library, wanted.questionnaires))
    return wanted


def _versions(library: PromptLibrary, asked: Collection[str]) -> frozenset[str]:
    """A canonical without a version asks for any version (fhir-rest I-85)."""
    return frozenset(one.canonical for one in library.sets if one.canonical in asked or one.url in asked)


def next_url(path: str, pairs: list[tuple[str, str]], after: Cursor) -> str:
    """The same search, behind this match."""
    kept = [(name, value) for name, value in pairs if name != "after"]
    authored = after.authored.isoformat(timespec="microseconds")
    place = urlsafe_b64encode(f"{authored} {after.id}".encode()).decode()
    return f"{path}?{urlencode([*kept, ('after', place)])}"


def as_query(pairs: list[tuple[str, str]]) -> str:
    """The search as it was asked, for the self link and the audit."""
    return urlencode(pairs)


def _words(value: str) -> frozenset[str]:
    words = frozenset(word.strip() for word in value.split(",") if word.strip())
    if not words or len(value) > 2000:
        raise BadValue(Fault("value", "This search value cannot be used."))
    return words


def _ids(value: str) -> dict[str, object]:
    return {"ids": _words(value)}


def _references(field: str, kind: str) -> _Reader:
    def read(value: str) -> dict[str, object]:
        return {field: frozenset(word.removeprefix(f"{kind}/") for word in _words(value))}

    return read


def _identifiers(value: str) -> dict[str, object]:
    return {"identifiers": frozenset(word.removeprefix(_URN) for word in _words(value))}


def _statuses(value: str) -> dict[str, object]:
    try:
        return {"statuses": frozenset(EntryStatus(word) for word in _words(value))}
    except ValueError:
        raise BadValue(Fault("value", "There is no such status.")) from None


def _questionnaires(value: str) -> dict[str, object]:
    return {"questionnaires": _words(value)}


def _authored(value: str) -> dict[str, object]:
    prefix = value[:2] if value[:2] in ("eq", "ge", "gt", "le", "lt") else "eq"
    begins, ends = _span(value.removeprefix(prefix) if value[:2] == prefix else value)
    spans: dict[str, dict[str, object]] = {
        "eq": {"authored_from": begins, "authored_before": ends},
        "ge": {"authored_from": begins},
        "gt": {"authored_from": ends},
        "lt": {"authored_before": begins},
        "le": {"authored_before": ends},
    }
    return spans[prefix]


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


def _count(value: str) -> dict[str, object]:
    if not (value.isascii() and value.isdecimal() and len(value) < 6 and int(value) > 0):
        raise BadValue(Fault("value", "_count must be a number from 1."))
    return {"limit": min(int(value), LARGEST_PAGE)}


def _after(value: str) -> dict[str, object]:
    try:
        authored, _, entry_id = urlsafe_b64decode(value.encode("ascii")).decode().partition(" ")
        # A time without a zone is none of ours.
        moment = datetime.strptime(authored, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
        if not is_id(entry_id):
            raise ValueError("no id of ours")
        return {"after": Cursor(moment, entry_id)}
    except (ValueError, OverflowError):
        raise BadValue(Fault("value", "This page link is not whole.")) from None


def _ignored(_value: str) -> dict[str, object]:
    return {}


_READERS: dict[str, _Reader] = {
    "_id": _ids,
    "patient": _references("patient_ids", "Patient"),
    "subject": _references("patient_ids", "Patient"),
    "encounter": _references("encounters", "Encounter"),
    "identifier": _identifiers,
    "status": _statuses,
    "questionnaire": _questionnaires,
    "authored": _authored,
    "_count": _count,
    "after": _after,
    "_format": _ignored,
}
