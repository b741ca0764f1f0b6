"""From a search as the URL says it to a condition on the index, in SQL.

It stands apart from the store so that the grammar of R4 search (prefixes, modifiers, comma lists, escapes) has
one place. Whatever it does not understand is refused with 400: a dropped filter widens the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.sandbox.records.index import folded
from service.sandbox.records.instants import LATEST, Span, micros, span_of_text
from service.sandbox.records.kinds import KINDS
from service.sandbox.records.parameters import Parameter, parameters_of
from service.sandbox.records.paths import ID, local
from service.sandbox.records.refusals import Refused

Arguments = tuple[str | int, ...]

MODIFIERS = {
    "token": ("not", "missing"),
    "reference": ("missing", *KINDS),
    "date": ("missing",),
    "string": ("exact", "contains", "missing"),
    "uri": ("missing",),
}
_PREFIXED = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d.*)", re.ASCII)
# Written with named values, `low` and `high` being the span asked for (R4 search, Prefixes).
_COMPARISONS = {
    "eq": "(low >= :low AND high <= :high)",
    "ne": "NOT (low >= :low AND high <= :high)",
    "gt": "high > :high",
    "lt": "low < :low",
    "ge": "(high > :high OR (low >= :low AND high <= :high))",
    "le": "(low < :low OR (low >= :low AND high <= :high))",
    "sa": "low >= :high",
    "eb": "high <= :low",
    "ap": "(low < :high AND high > :low)",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL about a resource `r`, and the values of its question marks."""

    sql: str
    arguments: Arguments


def condition(type_: str, name: str, text: str, now: datetime) -> Condition:
    """What one search parameter with its value asks of the type; a comma list is satisfied by any member."""
    plain, _, modifier = name.partition(":")
    parameter = _parameter(type_, plain)
    if modifier and modifier not in MODIFIERS[parameter.sort]:
        raise Refused(400, "not-supported", f"{plain} takes no such modifier here.")
    if modifier == "missing":
        return _missing(type_, plain, text)
    pieces = [_matching(plain, parameter, modifier, piece, now) for piece in _split(text, ",")]
    found = " OR ".join(f"({piece.sql})" for piece in pieces)
    arguments = tuple(value for piece in pieces for value in piece.arguments)
    negation = "NOT " if modifier == "not" else ""
    return _among(type_, plain, negation, found, arguments)


def sort_key(type_: str, name: str) -> Condition:
    """The expression that a result is ordered by; `-` in front of the name asks for the latest first."""
    plain = name.removeprefix("-")
    parameter = _parameter(type_, plain)
    if parameter.sort == "reference":
        raise Refused(400, "not-supported", f"Results can't be sorted by {plain}.")
    column = "low" if parameter.sort == "date" else "value"
    extreme = "max" if name.startswith("-") else "min"
    sql = (
        f"(SELECT {extreme}(v.{column}) FROM search_value v WHERE v.type = ? AND v.param = ? AND v.id = r.id)"  # noqa: S608 -- words of ours
    )
    return Condition(sql, (type_, plain))


def _parameter(type_: str, name: str) -> Parameter:
    parameter = parameters_of(type_).get(name)
    if parameter is None:
        raise Refused(400, "not-supported", f"{type_} has no such search parameter here.")
    return parameter


def _among(type_: str, name: str, negation: str, found: str, arguments: Arguments) -> Condition:
    sql = (
        f"r.id {negation}IN (SELECT v.id FROM search_value v "  # noqa: S608 -- only words of ours; values are bound
        f"WHERE v.type = ? AND v.param = ? AND ({found}))"
    )
    return Condition(sql, (type_, name, *arguments))


def _missing(type_: str, name: str, text: str) -> Condition:
    if text not in ("true", "false"):
        raise Refused(400, "value", f"{name}:missing is true or false.")
    return _among(type_, name, "NOT " if text == "true" else "", "1", ())


def _matching(name: str, parameter: Parameter, modifier: str, piece: str, now: datetime) -> Condition:
    if not piece:
        raise Refused(400, "value", f"{name} has an empty value.")
    if parameter.sort == "date":
        return _date(name, _plain(piece), now)
    if parameter.sort == "reference":
        return _reference(name, parameter, modifier, _plain(piece))
    return _BY_SORT[parameter.sort](modifier, piece)


def _token(_modifier: str, piece: str) -> Condition:
    parts = [_plain(part) for part in _split(piece, "|")]
    if len(parts) == 1:
        return Condition("value = ?", (parts[0],))
    system, code = parts[0], "|".join(parts[1:])
    if not system and not code:
        raise Refused(400, "value", "A token needs a system or a code.")
    if not code:
        return Condition("system = ?", (system,))
    return Condition("system = ? AND value = ?", (system, code))


def _string(modifier: str, piece: str) -> Condition:
    text = _plain(piece)
    if modifier == "exact":
        return Condition("value = ?", (text,))
    # instr instead of LIKE: what a person types may hold a per cent sign.
    where = "> 0" if modifier == "contains" else "= 1"
    return Condition(f"instr(folded, ?) {where}", (folded(text),))


def _uri(_modifier: str, piece: str) -> Condition:
    # A canonical with its version means this version, without it any (fhir-rest I-85).
    text = _plain(piece)
    return Condition("value = ?" if "|" in text else "folded = ?", (text,))


_BY_SORT: dict[str, Callable[[str, str], Condition]] = {"token": _token, "string": _string, "uri": _uri}


def _reference(name: str, parameter: Parameter, modifier: str, text: str) -> Condition:
    targets = (modifier,) if modifier else parameter.targets
    if ID.fullmatch(text):
        wanted = tuple(f"{target}/{text}" for target in targets)
        return Condition(f"value IN ({', '.join('?' * len(wanted))})", wanted)
    named = local(text)
    if modifier and named:
        raise Refused(400, "value", f"{name}:{modifier} takes an id.")
    return Condition("value = ?", ("/".join(named) if named else text,))


def _date(name: str, text: str, now: datetime) -> Condition:
    match = _PREFIXED.fullmatch(text)
    if match is None:
        raise Refused(400, "value", f"{name} is not a date with one of R4's prefixes.")
    prefix = match[1] or "eq"
    try:
        span = span_of_text(match[2])
    except ValueError as no_date:
        raise Refused(400, "value", f"{name} is not a date.") from no_date
    return _compared(prefix, _about(span, now) if prefix == "ap" else span)


def _compared(prefix: str, span: Span) -> Condition:
    values = {":low": span[0], ":high": span[1]}
    template = _COMPARISONS[prefix]
    arguments = tuple(values[word] for word in re.findall(r":low|:high", template))
    return Condition(re.sub(r":low|:high", "?", template), arguments)


def _about(span: Span, now: datetime) -> Span:
    # R4 recommends a tenth of the distance to now.
    margin = min(abs(micros(now) - span[0]) // 10, LATEST // 2) or timedelta(minutes=1) // timedelta(
        microseconds=1
    )
    return span[0] - margin, span[1] + margin


def _split(text: str, mark: str) -> list[str]:
    """The pieces between unescaped marks, still escaped (R4 search, Escaping)."""
    pieces = [""]
    for token in re.findall(r"\\.|.", text, re.DOTALL):
        if token == mark:
            pieces.append("")
        else:
            pieces[-1] += token
    return pieces


def _plain(piece: str) -> str:
    return re.sub(r"\\([,|$\\])", r"\1", piece)
