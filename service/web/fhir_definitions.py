"""The published definitions, as they are served and searched: the files of `fhir/`, byte for byte."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app

from service.journal.conditions import Period, Value, meets
from service.r4.raw_json import splice
from service.r4.search_parameters import BY_TYPE
from service.web import search_reading
from service.web.search_values import span
from service.workflow.desk import ClinicDesk
from service.workflow.find_responses import Served

PUBLISHED = "infusion-journal-published"
# What is published beside the Questionnaires, each in the folder of its type.
OTHERS = ("CapabilityStatement", "CodeSystem", "OperationDefinition", "StructureDefinition", "ValueSet")
KINDS = ("Questionnaire", *OTHERS)


@dataclass(frozen=True, slots=True)
class Published:
    """One published definition: its id, its url|version, its bytes as they are served, and what searches look at."""

    id: str
    canonical: str
    raw: bytes
    digest: str
    values: dict[str, Value]
    published_on: datetime


@dataclass(frozen=True, slots=True)
class FoundDefinitions:
    """One page of matches by id, the id that it ended in where there are more, and how many there are in all."""

    page: tuple[Published, ...]
    place: str | None
    total: int


def publish(folder: Path, questionnaires: Mapping[str, bytes]) -> dict[str, tuple[Published, ...]]:
    """All definitions, ready to be served, by their type: the Questionnaires given, the others from their folders."""
    files = {kind: sorted((folder / kind).glob("*.json")) for kind in OTHERS}
    read = {kind: tuple(_published(file.read_bytes()) for file in files[kind]) for kind in OTHERS}
    return read | {
        "Questionnaire": tuple(_published(questionnaires[name]) for name in sorted(questionnaires))
    }


def at(home: ClinicDesk, kind: str) -> tuple[Published, ...]:
    """What is published of this type at a clinic: every definition but the prompt sets it does not offer (rule 5)."""
    everything: dict[str, tuple[Published, ...]] = current_app.extensions[PUBLISHED]
    withheld = {one.canonical for one in home.library.sets if one.is_withheld}
    return tuple(one for one in everything[kind] if one.canonical not in withheld)


def find(published: Iterable[Published], kind: str, pairs: Iterable[tuple[str, str]]) -> FoundDefinitions:
    """The definitions that meet every parameter offered for this type, by id.

    UnknownParameter for any other parameter, also where nothing is published that it could narrow.
    """
    wanted = search_reading.read(pairs, BY_TYPE[kind])
    found = [one for one in published if all(meets(each, one.values) for each in wanted.conditions)]
    ordered = sorted(found, key=lambda one: one.id)
    for sort in reversed(wanted.order):
        ordered.sort(key=_By(sort.field), reverse=sort.descending)
    names = [one.id for one in ordered]
    # A page link whose definition is no longer published begins anew.
    begins = names.index(wanted.place) + 1 if wanted.place in names else 0
    page = tuple(ordered[begins : begins + wanted.limit])
    more = len(ordered) > begins + len(page)
    return FoundDefinitions(page, page[-1].id if page and more else None, len(found))


def as_served(one: Published) -> Served:
    """A definition as its one version: what is published under an id never changes (rule 4)."""
    raw = splice(one.raw, id=one.id, version_id="1", last_updated=one.published_on)
    return Served(one.id, 1, one.published_on, "", raw)


@dataclass(frozen=True, slots=True)
class _By:
    """What one definition is sorted by: a text, or the beginning of a time; first what has none."""

    field: str

    def __call__(self, one: Published) -> str:
        value = one.values[self.field]
        if isinstance(value, Period):
            return value.start.isoformat() if value.start else ""
        return str(value or "")


def _published(raw: bytes) -> Published:
    value = json.loads(raw)
    digest = hashlib.sha256(raw).hexdigest()
    canonical, published_on = f"{value['url']}|{value['version']}", span(value["date"])[0]
    return Published(value["id"], canonical, raw, digest, _values(value), published_on)


def _values(value: dict[str, Any]) -> dict[str, Value]:
    """What searches ask about, by the fields of the parameters."""
    texts = {name: value.get(name) for name in ("description", "name", "publisher", "status", "title")}
    effective = value.get("effectivePeriod", {})
    return {
        **texts,
        "id": value["id"],
        "url": f"{value['url']}|{value['version']}",
        "version": value["version"],
        "date": _period(value.get("date"), value.get("date")),
        "effective": _period(effective.get("start"), effective.get("end")),
        "code": _forms(coding for item in _items(value) for coding in item.get("code", ())),
        "identifier": _forms(
            {"system": one.get("system"), "code": one.get("value")} for one in value.get("identifier", ())
        ),
        "experimental": json.dumps(value["experimental"]) if "experimental" in value else None,
        "subject-type": frozenset(value.get("subjectType", ())),
    }


def _items(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a Questionnaire at every depth."""
    for item in value.get("item", ()):
        yield item
        yield from _items(item)


def _forms(codings: Iterable[dict[str, Any]]) -> frozenset[str]:
    """Every form in which a token may ask for one of these."""
    found: set[str] = set()
    for one in codings:
        system, code = one.get("system") or "", one.get("code") or ""
        found |= {code, f"{system}|{code}", *([f"{system}|"] if system else [])}
    return frozenset(found)


def _period(start: str | None, end: str | None) -> Period | None:
    """The time from the first moment of the one date to the last of the other."""
    if not start and not end:
        return None
    return Period(span(start)[0] if start else None, span(end)[1] if end else None)
