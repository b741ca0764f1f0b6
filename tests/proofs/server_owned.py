"""What only the service decides, as somebody would put it into what they send: columns of its tables, elements of FHIR.

A value planted for a column looks like nothing else, so that it is found again wherever it went.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Integer, Table

from service.store import (  # noqa: F401 -- every module that has tables
    client_tokens,
    course_tables,
    log_tables,
    tables,
)
from service.store.columns import Instant

MARK, NUMBER, INSTANT = "planted-by-a-stranger", 424_242_424, "2031-03-03T03:03:03+00:00"
_EPOCH = "1930273383"


@dataclass(frozen=True, slots=True)
class Planted:
    """One field by its name, with the value that is put into it."""

    name: str
    value: Any


def columns() -> tuple[Planted, ...]:
    """Every column of every table, each name once."""
    every: dict[str, Planted] = {}
    for table in tables.metadata.tables.values():
        for one in _of(table):
            every.setdefault(one.name, one)
    return tuple(every.values())


def _of(table: Table) -> Iterator[Planted]:
    for column in table.columns:
        if isinstance(column.type, Instant):
            yield Planted(column.name, INSTANT)
        elif isinstance(column.type, Integer):
            yield Planted(column.name, NUMBER)
        else:
            yield Planted(column.name, MARK)


def elements(*, of: type[BaseModel]) -> tuple[Planted, ...]:
    """Every element of a FHIR resource, each with a value that nobody sent before."""
    return tuple(
        Planted(name, MARK)
        for field, info in of.model_fields.items()
        if (name := info.alias or field) not in ("resourceType", "resource_type")
    )


def is_planted(row: Any) -> bool:
    """Whether anything in a row of the database is what was planted."""
    text = str(tuple(row))
    return any(mark in text for mark in (MARK, str(NUMBER), INSTANT[:10], _EPOCH))


# Elements of a response that are the server's, or that it keeps to its own rules, as somebody would set them on a
# create: those of the first kind are passed over and the server's own stand (R4, create), the others are refused.
PASSED_OVER: dict[str, dict[str, Any]] = {
    "id": {"id": MARK},
    "meta.versionId": {"meta": {"versionId": "77"}},
    "meta.lastUpdated": {"meta": {"lastUpdated": INSTANT}},
    "all three": {"id": MARK, "meta": {"versionId": "77", "lastUpdated": INSTANT}},
}
REFUSED: dict[str, dict[str, Any]] = {
    "meta.security": {"meta": {"security": [{"code": "R"}]}},
    "meta.tag": {"meta": {"tag": [{"code": "SUBSETTED"}]}},
    "status amended": {"status": "amended"},
    "status entered in error": {"status": "entered-in-error"},
    "status unknown": {"status": MARK},
    "authored in the future": {"authored": INSTANT},
    "authored without a zone": {"authored": "2026-11-20T12:00:00"},
    "contained": {"contained": [{"resourceType": "Patient", "id": "x"}]},
    "implicitRules": {"implicitRules": "http://x.example/rules"},
    "modifierExtension": {"modifierExtension": [{"url": "http://x.example/m", "valueBoolean": True}]},
    "identifier without a system": {"identifier": {"value": MARK}},
    "identifier of another system": {"identifier": {"system": "http://x.example", "value": MARK}},
    "questionnaire unknown": {"questionnaire": f"http://x.example/{MARK}|1"},
    "subject": {"subject": {"reference": "Patient/patient-two-in"}},
    "author": {"author": {"reference": "Practitioner/clinician-1"}},
    "source": {"source": {"reference": "RelatedPerson/related-two-in"}},
    "encounter": {"encounter": {"reference": "Encounter/two-in-1"}},
}
