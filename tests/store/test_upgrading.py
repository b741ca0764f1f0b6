"""A database that version 0.1.0 wrote: after the upgrade all of it is read as it was, with what is new at its default.

The rows are written as 0.1.0 wrote them, by column names and not by today's code, into the tables it made.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from service.access.context import Role
from service.audit.verify import verify
from service.journal.entries import Answer, Cause, FilingState, Link
from service.journal.match import Coding, EncounterSeen
from service.store import (
    assigned,
    audit_trail,
    courses,
    drafts,
    entries,
    filings,
    infusions,
    migrating,
    sessions,
)
from service.store.courses import CourseRow
from service.store.deeds import CourseIsAt, Deed, KeepAssigned, RememberEncounters, SaveEntryVersion
from service.store.engine import Store, open_store, writer_engine
from service.store.sealing import Place
from service.store.writer import Writer
from tests.store.builders import (
    CLINIC,
    NOW,
    PATIENT,
    QUESTIONNAIRE,
    assigned_set,
    context,
    entry,
    launch,
    record,
    seal,
    visit,
)

LINK = Link("enc-1", 2, NOW - timedelta(hours=3), NOW - timedelta(hours=1), ("enc-1",), "rule-1")
WORDS = (Answer("q0", "for everybody"), Answer("q1", "for me alone", private=True))
FACTS = {
    "id": "enc-1",
    "patient_id": PATIENT,
    "status": "finished",
    "class_": {"system": "urn:example:class", "code": "AMB"},
    "types": [{"system": "urn:example:type", "code": "infusion"}],
    "service_types": [],
    "reasons": [],
    "locations": ["Location/1"],
    "start": NOW.isoformat(),
    "start_day": None,
    "end": None,
    "part_of": None,
    "appointments": ["Appointment/7"],
    "episodes": [],
    "version": "3",
}


def upgrade_to(url: str, revision: str) -> None:
    """The tables as they are after this step."""
    engine = writer_engine(url)
    steps = Path(migrating.__file__).parent / "migrations"
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(steps))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def sealed(column: str, row: tuple[str | int, ...], plain: bytes) -> bytes:
    return seal().seal(Place(CLINIC, column, row), plain).blob


def said(words: tuple[Answer, ...]) -> bytes:
    return json.dumps([[one.link_id, one.text, one.private] for one in words]).encode()


def link_columns(encounter: str | None) -> dict[str, Any]:
    return {
        "encounter_id": encounter,
        "ordinal": LINK.ordinal,
        "infusion_start": LINK.infusion_start,
        "infusion_end": LINK.infusion_end,
        "evidence": json.dumps(LINK.evidence),
        "rule_version": LINK.rule_version,
    }


def entry_row(name: str, patient: str, version: int, encounter: str | None) -> dict[str, Any]:
    place = (patient, name, version)
    return link_columns(encounter) | {
        "clinic": CLINIC,
        "entry_id": name,
        "version": version,
        "key": f"key-of-{name}",
        "status": "completed",
        "patient_id": patient,
        "questionnaire": QUESTIONNAIRE,
        "answers": sealed("entry_versions.answers", place, said(WORDS)),
        "shared": sealed("entry_versions.shared", place, b"{}"),
        "authored": NOW,
        "recorded_at": NOW,
        "language": "en",
        "through": "page",
    }


def head_row(name: str, patient: str, encounter: str | None) -> dict[str, Any]:
    version = entry_row(name, patient, 1, encounter)
    names = ("clinic", "key", "status", "patient_id", "questionnaire", "encounter_id", "authored", "version")
    return {"id": name} | {column: version[column] for column in names}


def filing_row(name: str, state: str) -> dict[str, Any]:
    return {
        "clinic": CLINIC,
        "id": f"filing of {name}",
        "patient_id": PATIENT,
        "entry_id": name,
        "entry_version": 1,
        "version_identifier": f"urn:uuid:{name}",
        "state": state,
        "due_at": NOW,
        "attempts": 3,
        "reason": "silent",
        "document_id": None,
        "settled_at": None,
        "send_started_at": NOW,
    }


DRAFT = link_columns("enc-2") | {
    "clinic": CLINIC,
    "key": "key-1",
    "patient_id": "bo",
    "questionnaire": QUESTIONNAIRE,
    "answers": sealed("drafts.answers", ("bo", "key-1", 4), said(WORDS)),
    "revision": 4,
    "started_at": NOW,
    "saved_at": NOW,
    "language": "es",
    "status": "in-progress",
    "resume_at": "q1",
    "sitting": "visit-1",
}
PDF = b"%PDF-1.7 as it was rendered"
SHA = sha256(PDF).hexdigest()

# In the order in which they may be written.
ROWS: tuple[tuple[str, list[dict[str, Any]]], ...] = (
    ("drafts", [DRAFT]),
    ("entries", [head_row("entry-1", PATIENT, "enc-1"), head_row("entry-2", PATIENT, None)]),
    ("entry_versions", [entry_row("entry-1", PATIENT, 1, "enc-1"), entry_row("entry-2", PATIENT, 1, None)]),
    ("lanes", [{"clinic": CLINIC, "patient_id": PATIENT, "fence": 5, "lease_until": None, "owner": None}]),
    ("filings", [filing_row("entry-1", "due"), filing_row("entry-2", "parked")]),
    (
        "summaries",
        [
            {
                "clinic": CLINIC,
                "filing_id": "filing of entry-1",
                "pdf": sealed("summaries.pdf", ("filing of entry-1", SHA), PDF),
                "sha256": SHA,
            }
        ],
    ),
    (
        "seen_encounters",
        [
            {
                "clinic": CLINIC,
                "patient_id": PATIENT,
                "id": "enc-1",
                "facts": json.dumps(FACTS),
                "seen_at": NOW,
            },
            {
                "clinic": CLINIC,
                "patient_id": PATIENT,
                "id": "enc-0",
                "facts": json.dumps(FACTS | {"id": "enc-0", "start": None, "start_day": "2025-03-01"}),
                "seen_at": NOW - timedelta(days=1),
            },
        ],
    ),
)


def write(
    connection: Connection, tables: MetaData, rows: tuple[tuple[str, list[dict[str, Any]]], ...]
) -> None:
    """These rows, as the database's own types take them."""
    for name, values in rows:
        plain = [{column: _plain(connection, value) for column, value in row.items()} for row in values]
        connection.execute(tables.tables[name].insert(), plain)


def _plain(connection: Connection, value: Any) -> Any:
    if isinstance(value, datetime) and connection.dialect.name == "sqlite":
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def written_by_0_1_0(url: str) -> tuple[Engine, MetaData]:
    """An empty database becomes one of 0.1.0 with data in every table; the tables as 0.1.0 knew them."""
    upgrade_to(url, "0001")
    engine = writer_engine(url)
    tables = MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        write(connection, tables, ROWS)
        # What follows stands in tables that no step changed.
        sessions.open_visit(connection, seal(), CLINIC, visit())
        sessions.begin_launch(connection, seal(), CLINIC, launch())
        audit_trail.append(connection, [record(), record()])
        audit_trail.keep_checkpoint(connection, CLINIC, 2, "a note", NOW)
    return engine, tables


@pytest.fixture
def first(empty_url: str) -> Iterator[tuple[Engine, MetaData]]:
    """The database at 0.1.0 with data in every table, and the tables as 0.1.0 knew them."""
    engine, tables = written_by_0_1_0(empty_url)
    yield engine, tables
    engine.dispose()


@pytest.fixture
def upgraded(first: tuple[Engine, MetaData], empty_url: str) -> Iterator[Store]:
    migrating.upgrade(empty_url)
    store = open_store(empty_url, seal())
    yield store
    store.close()


def test_there_was_data_in_every_table(first: tuple[Engine, MetaData], empty_url: str) -> None:
    engine, tables = first
    names = set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        empty = {name for name in names if connection.scalar(text(f"SELECT count(*) FROM {name}")) == 0}
        assert not migrating.is_current(connection)
    assert empty == set()
    assert names == set(tables.tables)


def test_nothing_that_was_there_goes(first: tuple[Engine, MetaData], empty_url: str) -> None:
    """Every column of 0.1.0 holds the same bytes before and after."""
    engine, tables = first
    before = everything(engine, tables)
    migrating.upgrade(empty_url)
    plain = create_engine(empty_url)
    assert everything(plain, tables) == before
    with plain.connect() as connection:
        assert migrating.is_current(connection)
    plain.dispose()


def everything(engine: Engine, tables: MetaData) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for name, table in tables.tables.items()
            if name != "alembic_version"
        }


def test_entries_and_drafts_are_read_as_they_were(upgraded: Store) -> None:
    own = entries.by_id(upgraded, context(), "entry-1")
    assert own is not None
    assert (own.answers, own.link, own.shared) == (WORDS, LINK, b"{}")
    assert (own.begun_at, own.cause, own.made_by, own.why) == (None, Cause.SENT, None, None)
    assert [one.id for one in entries.unattached(upgraded, context())] == ["entry-2"]
    begun = drafts.draft(upgraded, context(patients=frozenset({"bo"})), "key-1")
    assert begun is not None
    assert (begun.answers, begun.revision, begun.link.series) == (WORDS, 4, None)


def test_what_is_owed_is_owed_still(upgraded: Store) -> None:
    owed = filings.open_filings(upgraded, CLINIC, NOW)
    assert [(one.state, one.first_tried_at) for one in owed] == [
        (FilingState.DUE, None),
        (FilingState.PARKED, None),
    ]
    with upgraded.writer_engine.begin() as connection:
        claimed = filings.claim_next(connection, seal(), CLINIC, NOW, timedelta(minutes=2), "worker")
    assert claimed is not None
    assert (claimed.filing.id, claimed.fence, claimed.summary) == ("filing of entry-1", 6, PDF)


def test_what_was_seen_is_seen_still(upgraded: Store) -> None:
    day_only, seen = infusions.encounters_of(upgraded, context(), PATIENT)
    assert seen == EncounterSeen(
        "enc-1",
        PATIENT,
        "finished",
        class_=Coding("urn:example:class", "AMB"),
        types=(Coding("urn:example:type", "infusion"),),
        locations=("Location/1",),
        start=NOW,
        appointments=("Appointment/7",),
        version="3",
    )
    assert (day_only.appointment_types, day_only.proofs) == ((), ())


def test_the_courses_of_known_patients_have_begun(upgraded: Store) -> None:
    """Who was looked at keeps the instant of the last look; who only wrote is looked at first."""
    worker = context(Role.WORKER, None)
    assert courses.course_row(upgraded, worker, PATIENT) == CourseRow(1, NOW, None)
    assert courses.course_row(upgraded, worker, "bo") == CourseRow(0, None, None)
    assert courses.known_patients(upgraded, CLINIC, NOW + timedelta(days=1), 9) == ("bo", PATIENT)
    assert courses.episodes_of(upgraded, worker, PATIENT) == ()
    assert courses.looks_due(upgraded, CLINIC, NOW + timedelta(days=1), 9) == ()


def test_visits_and_the_log_are_as_they_were(upgraded: Store) -> None:
    assert sessions.visit(upgraded, "visit-1") == visit()
    assert sessions.pending_launch(upgraded, "state-1") == launch()
    with audit_trail.snapshot(upgraded, CLINIC) as (head, log):
        verdict = verify(log, head)
    assert (verdict.size, verdict.faults) == (2, ())
    with upgraded.writer_engine.connect() as connection, pytest.raises(DBAPIError, match="stay as they are"):
        connection.execute(text("DELETE FROM audit_records"))


def test_the_first_version_may_write_on(first: tuple[Engine, MetaData], upgraded: Store) -> None:
    """While replicas are replaced one by one, 0.1.0 still writes the columns it knows."""
    engine, tables = first
    more = (
        ("entries", [head_row("entry-3", PATIENT, "enc-3")]),
        ("entry_versions", [entry_row("entry-3", PATIENT, 1, "enc-3")]),
        ("filings", [filing_row("entry-3", "due")]),
    )
    with engine.begin() as connection:
        write(connection, tables, more)
    written = entries.by_id(upgraded, context(), "entry-3")
    assert written is not None
    assert (written.cause, written.begun_at, written.link.series) == (Cause.SENT, None, None)
    assert filings.of_entry(upgraded, context(), "entry-3")[0].first_tried_at is None


def test_life_goes_on(upgraded: Store) -> None:
    """An entry of 0.1.0 gets a second version, and its patient an assigned set."""
    writer = Writer(upgraded)
    writer.start()
    changes = (
        SaveEntryVersion(entry("entry-2", 2, encounter="enc-9")),
        RememberEncounters(PATIENT, (), NOW),
        KeepAssigned(assigned_set()),
    )
    writer.perform(Deed(CLINIC, (CourseIsAt(PATIENT, 1),), changes))
    writer.stop()
    assert entries.unattached(upgraded, context()) == []
    assert assigned.assigned_of(upgraded, context(), {PATIENT}) == (assigned_set(),)


@pytest.mark.postgres
def test_an_upgrade_that_waits_for_somebody_who_waits_for_it_begins_anew(postgres_url: str) -> None:
    """C4: 0.1.0 writes an entry, then its version; the upgrade has changed the one and comes to the other."""
    engine, tables = written_by_0_1_0(postgres_url)
    with ThreadPoolExecutor(1) as beside, engine.connect() as writing, engine.connect() as looking:
        writing.execute(
            text("SET deadlock_timeout = '1min'")
        )  # so that the upgrade is the one that is taken back
        write(writing, tables, (("entries", [head_row("entry-4", PATIENT, None)]),))
        upgrading = beside.submit(migrating.upgrade, postgres_url)
        while not looking.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            looking.rollback()
        write(writing, tables, (("entry_versions", [entry_row("entry-4", PATIENT, 1, None)]),))
        writing.commit()
        upgrading.result(60)
        assert migrating.is_current(looking)
        assert looking.scalar(text("SELECT count(*) FROM entry_versions WHERE entry_id = 'entry-4'")) == 1
    engine.dispose()
