"""What of a resource can be searched for: the rows of the index, by the table of search parameters.

It stands apart from the questions asked of the index, so that what is written can be read beside the table.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from service.sandbox.records.instants import Span, span_of_period, span_of_text
from service.sandbox.records.parameters import Parameter, parameters_of
from service.sandbox.records.paths import at, local, reference_of
from service.sandbox.records.refusals import Resource


@dataclass(frozen=True, slots=True)
class Row:
    """One searchable value. `folded` is what a tolerant search compares; dates stand in `low` and `high`."""

    param: str
    system: str = ""
    value: str = ""
    folded: str = ""
    low: int | None = None
    high: int | None = None


def rows(resource: Resource) -> set[Row]:
    """Every value by which this resource, with its id and meta, can be found.

    Raises TypeError, ValueError or AttributeError for a value that has not the shape R4 gives it.
    """
    found = {
        row
        for name, parameter in parameters_of(resource["resourceType"]).items()
        for path in parameter.paths
        for value in at(resource, path)
        for row in _rows_of(name, parameter, value)
    }
    if not all(isinstance(text, str) for row in found for text in (row.system, row.value, row.folded)):
        raise TypeError("a searchable value is not text")
    return found


def folded(text: str) -> str:
    """Text without case and accents, as R4 string search compares it."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


def without_version(canonical: str) -> str:
    """A canonical URL without its `|version`."""
    return canonical.partition("|")[0]


def _rows_of(name: str, parameter: Parameter, value: Any) -> Iterator[Row]:
    if parameter.sort == "token":
        yield from (Row(name, system, code) for system, code in _codes(value, parameter.system))
    elif parameter.sort == "date":
        low, high = _span(value)
        yield Row(name, low=low, high=high)
    elif parameter.sort == "string":
        yield from (Row(name, value=text, folded=folded(text)) for text in _words(value))
    elif parameter.sort == "uri":
        yield Row(name, value=value, folded=without_version(value))
    else:
        yield from _reference_rows(name, parameter, value)


def _codes(value: Any, system: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, bool):
        yield "", str(value).lower()
    elif isinstance(value, str):
        yield system, value
    elif "coding" in value:
        yield from ((coding.get("system", ""), coding.get("code", "")) for coding in value["coding"])
    else:
        # A Coding has a code, an Identifier a value.
        yield value.get("system", ""), value.get("code", value.get("value", ""))


def _span(value: Any) -> Span:
    return span_of_period(value) if isinstance(value, dict) else span_of_text(value)


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        return
    for part in ("text", "family", "given", "prefix", "suffix"):
        yield from at(value, part)


def _reference_rows(name: str, parameter: Parameter, value: Any) -> Iterator[Row]:
    reference = reference_of(value)
    named = local(reference)
    if named and named[0] in parameter.targets:
        yield Row(name, named[0], f"{named[0]}/{named[1]}")
    elif named is None and reference and name != "patient":
        yield Row(name, value=reference)
