"""The judge: what was acknowledged, held against the record system's ledger and the service's own list."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, text

from service.sandbox.records.store import Records

_SETTLED = ("filed", "cancelled")
_VISIBLE = ("parked", "refused", "held-there")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many acknowledged entries are nowhere, how many stand there twice, and how many wait for a person."""

    lost: int
    duplicates: int
    parked: int
    misfiled: int


def judge(folder: Path, database: str, acknowledged: dict[str, str]) -> Verdict:
    """Of the entries acknowledged, by their key with their patient: where each of them is."""
    standing, owners = _ledger(folder)
    visible = on_the_list(database)
    return Verdict(
        lost=sum(standing[key] == 0 and key not in visible for key in acknowledged),
        duplicates=sum(count - 1 for count in standing.values() if count > 1),
        parked=sum(standing[key] == 0 and key in visible for key in acknowledged),
        misfiled=sum(owners.get(key, patient) != patient for key, patient in acknowledged.items()),
    )


def still_due(database: str) -> Counter[str]:
    """What is neither settled, before a person, nor behind an earlier version that is: how many for which reason."""
    owed = _ask(
        database,
        "SELECT state, coalesce(reason, 'new') FROM filings AS owed WHERE NOT EXISTS (SELECT 1 FROM filings AS earlier"
        " WHERE earlier.clinic = owed.clinic AND earlier.entry_id = owed.entry_id"
        " AND earlier.entry_version < owed.entry_version AND earlier.state IN ('parked', 'refused'))",
    )
    return Counter(reason for state, reason in owed if state not in (*_SETTLED, *_VISIBLE))


def is_sound(database: str) -> bool:
    """Whether the database says that it is whole (SQLite's own check; PostgreSQL recovers by itself)."""
    return not database.startswith("sqlite") or _ask(database, "PRAGMA integrity_check") == [("ok",)]


def on_the_list(database: str) -> set[str]:
    """The keys of the entries that stand on the list of what a person must look at."""
    asked = (
        "SELECT entries.key FROM filings JOIN entries ON entries.id = filings.entry_id"
        " AND entries.clinic = filings.clinic WHERE filings.state IN ('parked', 'refused', 'held-there')"
    )
    return {key for (key,) in _ask(database, asked)}


def _ask(database: str, asked: str) -> list[tuple[str, ...]]:
    engine = create_engine(database)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('journal.reach', 'house', true)"))
        rows = [tuple(row) for row in connection.execute(text(asked))]
    engine.dispose()
    return rows


def _ledger(folder: Path) -> tuple[Counter[str], dict[str, str]]:
    """How many documents of each entry were ever made and stand, by the entry's key; and whose they are."""
    records = Records(folder / "sandbox" / "records.sqlite", lambda: datetime.now(UTC))
    documents = {
        line.resource["id"]: line.resource
        for line in records.ledger()
        if line.resource["resourceType"] == "DocumentReference"
    }
    records.close()
    standing: Counter[str] = Counter()
    owners = {}
    for document in documents.values():
        keys = [one["value"] for one in document["identifier"] if one != document["masterIdentifier"]]
        for key in (one.removeprefix("urn:uuid:") for one in keys):
            standing[key] += document["status"] == "current"
            owners[key] = document["subject"]["reference"].removeprefix("Patient/")
    return standing, owners
