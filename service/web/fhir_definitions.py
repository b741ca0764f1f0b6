"""The published definitions, as they are served and searched: the files of `fhir/`, byte for byte."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.journal.problems import Fault
from service.web.search_values import PAGE, UnknownParameter, count_or_none

PUBLISHED = "infusion-journal-published"
# What is published beside the Questionnaires, each in the folder of its type.
OTHERS = ("CapabilityStatement", "CodeSystem", "OperationDefinition", "StructureDefinition", "ValueSet")
KINDS = ("Questionnaire", *OTHERS)
SEARCHED = ("_id", "name", "status", "title", "url", "version")
_STATUS = "http://hl7.org/fhir/publication-status|"


@dataclass(frozen=True, slots=True)
class Published:
    """One published definition: its id, its bytes as they are served, and what searches look at."""

    id: str
    raw: bytes
    digest: str
    values: dict[str, str]

    @property
    def canonical(self) -> str:
        """Its url with its version."""
        return f"{self.values['url']}|{self.values['version']}"


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


def find(published: Iterable[Published], pairs: Iterable[tuple[str, str]]) -> FoundDefinitions:
    """The definitions that meet every parameter, repeated ones too; strings by their beginning, all else exactly.

    UnknownParameter for any other parameter, also where nothing is published that it could narrow.
    """
    asked = list(pairs)
    limit, after = PAGE, ""
    for name, value in asked:
        if name == "_count":
            limit = int(str(count_or_none(value)["limit"]))
        elif name == "after":
            after = value
        elif name not in (*SEARCHED, "_format", "_pretty"):
            raise UnknownParameter(Fault("not-supported", "This search parameter is not offered here."))
    filters = [(name, value) for name, value in asked if name in SEARCHED]
    found = [one for one in published if all(_meets(one, name, value) for name, value in filters)]
    ahead = sorted((one for one in found if one.id > after), key=lambda one: one.id)
    page = tuple(ahead[:limit])
    return FoundDefinitions(page, page[-1].id if page and len(ahead) > limit else None, len(found))


def _published(raw: bytes) -> Published:
    value = json.loads(raw)
    values = {name: str(value.get(name, "")) for name in SEARCHED} | {"_id": str(value["id"])}
    return Published(value["id"], raw, hashlib.sha256(raw).hexdigest(), values)


def _meets(one: Published, name: str, value: str) -> bool:
    wanted = [word for word in value.split(",") if word]
    if name in ("name", "title"):
        return any(one.values[name].casefold().startswith(word.casefold()) for word in wanted)
    if name == "url":
        return not {one.values["url"], one.canonical}.isdisjoint(wanted)
    return one.values[name] in [word.removeprefix(_STATUS) if name == "status" else word for word in wanted]
