"""The few ways in which every resource's JSON is looked into: strings, objects, references, codings, value[x].

All of them answer None or nothing where the element is absent or of another kind, so that reading never raises;
what must be there is asked by whoever needs it.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from service.journal.items import AnswerValue, Attachment, Quantity
from service.journal.match import Coding

Json: TypeAlias = dict[str, Any]


def text(value: Json, name: str) -> str | None:
    """A string element."""
    found = value.get(name)
    return found if isinstance(found, str) else None


def part(value: Json, name: str) -> Json:
    """A complex element; empty where there is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def parts(value: Json, name: str) -> list[Json]:
    """The members of a repeating complex element."""
    found = value.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def whole_number(value: Json, name: str) -> int | None:
    """An integer element."""
    found = value.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def reference(value: Json, name: str) -> str | None:
    """The literal reference in a Reference element, as written."""
    return text(part(value, name), "reference")


def references(value: Json, name: str) -> tuple[str, ...]:
    """The literal references in a repeating Reference element."""
    return tuple(found for one in parts(value, name) if (found := text(one, "reference")))


def identifiers(value: Json, name: str) -> tuple[tuple[str, str], ...]:
    """The (system, value) pairs of a repeating Identifier element; "" where no system is given."""
    return tuple(pair for one in parts(value, name) if (pair := identifier(one)))


def identifier(value: Json) -> tuple[str, str] | None:
    """One Identifier as (system, value)."""
    found = text(value, "value")
    return (text(value, "system") or "", found) if found else None


def coding(value: Json) -> Coding | None:
    """One Coding that has a code."""
    code = text(value, "code")
    return Coding(text(value, "system") or "", code) if code else None


def codings(value: Json, name: str) -> tuple[Coding, ...]:
    """Every coding of a CodeableConcept element, be it single or repeating."""
    found = value.get(name)
    concepts = found if isinstance(found, list) else [found]
    return tuple(
        read
        for concept in concepts
        if isinstance(concept, dict)
        for one in parts(concept, "coding")
        if (read := coding(one))
    )


def extensions(value: Json, url: str) -> Iterator[Json]:
    """The extensions with this URL."""
    return (one for one in parts(value, "extension") if one.get("url") == url)


def extension_value(value: Json, url: str) -> AnswerValue:
    """The value[x] of the first extension with this URL."""
    return next((choice(one, "value")[1] for one in extensions(value, url)), None)


def moment(written: str | None) -> datetime | None:
    """The instant a dateTime or instant names; None where it names only a day, a month or a year."""
    if written is None or "T" not in written:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found if found.tzinfo else None


_CHOICE = re.compile(r"(value|answer)([A-Z][A-Za-z]*)")


def choice(value: Json, stem: str) -> tuple[str, AnswerValue]:
    """The type and value of stem[x], e.g. ("String", "…"); ("", None) where there is none."""
    for name, found in value.items():
        match = _CHOICE.fullmatch(name)
        if match and match[1] == stem:
            return match[2], _plain(match[2], found)
    return "", None


def _plain(kind: str, found: object) -> AnswerValue:
    if isinstance(found, dict):
        return _composed(kind, found)
    if kind == "Decimal" and isinstance(found, int | float) and not isinstance(found, bool):
        return Decimal(str(found))
    return found if isinstance(found, str | bool | int | Decimal) else None


def _composed(kind: str, found: Json) -> AnswerValue:
    if kind == "Coding":
        return coding(found) or text(found, "display")
    if kind == "Quantity":
        return _quantity(found)
    if kind == "Attachment":
        return Attachment(text(found, "contentType"), _size(found))
    return text(found, "reference")


def _quantity(found: Json) -> Quantity:
    amount = found.get("value")
    number = Decimal(str(amount)) if isinstance(amount, int | float | Decimal) else None
    return Quantity(number, coding(found) or text(found, "unit"))


def _size(found: Json) -> int | None:
    data = text(found, "data")
    if data is None:
        return whole_number(found, "size")
    return len(data) * 3 // 4 - data.count("=")
