"""A log as values: records with good defaults, each at its place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.audit.leaf import LogEntry, placed
from service.audit.merkle import RightEdge
from service.audit.record import Agent, Deed, Outcome, Record

NOW = datetime(2025, 3, 4, 17, 30, tzinfo=UTC)


def record(number: int = 0, patient: str | None = "ada") -> Record:
    return Record(
        id=f"record-{number}",
        clinic="marigold",
        recorded=NOW + timedelta(seconds=number),
        deed=Deed.READ,
        outcome=Outcome.SUCCESS,
        agent=Agent("clinician", "Practitioner/7"),
        server="https://journal.example/fhir",
        request_id=f"request-{number}",
        patient=patient,
    )


def log(size: int) -> list[LogEntry]:
    return [placed(index, record(index)) for index in range(size)]


def edge_of(entries: list[LogEntry]) -> RightEdge:
    return RightEdge().extend(entry.leaf_hash() for entry in entries)


def exported(entries: list[LogEntry]) -> list[LogEntry]:
    """The same log as an export shows it: without what the database keeps beside it."""
    return [replace(entry, leaf=None, filed=None) for entry in entries]
