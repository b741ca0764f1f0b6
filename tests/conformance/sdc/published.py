"""The Questionnaires we publish, in every edition, and how their items and extensions are looked through."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.r4.published import files, translated

Value = dict[str, Any]
HL7 = "http://hl7.org/fhir/StructureDefinition"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition"
PUBLISHED: dict[str, Value] = {
    name: json.loads(raw) for name, raw in (files("Questionnaire") | translated("es")).items()
}
SERIES = tuple(f"after-infusion-{number}.json" for number in range(1, 7))
each_set = pytest.mark.parametrize("name", PUBLISHED)
Rule = Callable[[Value], bool]


def questionnaire(name: str = SERIES[0]) -> Value:
    """A copy of one published Questionnaire, to be read or changed."""
    value: Value = json.loads(json.dumps(PUBLISHED[name]))
    return value


def items(value: Value) -> Iterator[Value]:
    """Every item, at every depth."""
    for one in value.get("item", []):
        yield one
        yield from items(one)


def of_type(value: Value, *types: str) -> list[Value]:
    """The items of these types."""
    return [one for one in items(value) if one["type"] in types]


def extensions(value: Value, url: str) -> list[Value]:
    """The extensions with this URL on one element."""
    return [one for one in value.get("extension", []) if one["url"] == url]


def all_extension_urls(value: Any) -> set[str]:
    """The URL of every extension anywhere inside, parts of complex ones aside."""
    if isinstance(value, list):
        return set().union(*map(all_extension_urls, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    own = {one["url"] for one in value.get("extension", []) if ":" in one["url"]}
    return own.union(*map(all_extension_urls, value.values()))


def keeps(rule: Rule, broken: Value) -> None:
    """Every item we publish keeps the rule, and the rule sees the item that breaks it."""
    assert all(rule(one) for value in PUBLISHED.values() for one in items(value))
    assert not rule(broken)
