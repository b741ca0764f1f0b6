"""PostgreSQL's second wall (T7): what a question reaches, PostgreSQL knows as well, and lets nothing else through."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

from service.access.context import AccessContext, Role
from service.store import sessions
from service.store.course_tables import notices
from service.store.engine import Store, open_store
from service.store.row_security import (
    NOTHING,
    Reach,
    known_by,
    of_patients,
    tell,
    whole_clinic,
    whole_house,
)
from service.store.tables import drafts, entries, metadata, visits
from service.store.transaction import NotWritten
from service.store.writer import Writer
from tests.store import walled
from tests.store.builders import NOW, context, seal
from tests.store.plain_role import migrated_for_a_plain_role, new_database
from tests.store.walled import CLINICS, MORNING, OF_CLINIC, OF_PATIENT, PATIENTS, unguarded

pytestmark = pytest.mark.postgres

ADA = frozenset({"ada"})
ASKERS = {
    "the patient": context(Role.PATIENT, ADA),
    "a clinician": context(Role.CLINICIAN, ADA),
    "the care team": context(Role.CLINICIAN, None),
    "a client": context(Role.CLIENT, None),
    "an officer": context(Role.OFFICER, frozenset()),
    "nobody": context(Role.NOBODY, None),
    "one whose record took another in": context(Role.PATIENT, frozenset({"ada", "old at marigold"})),
}
TABLES = sorted(metadata.tables)


@dataclass(frozen=True, slots=True)
class Walled:
    """A database with two clinics: `store` as the role that serves opens it, `owners` as a superuser does."""

    store: Store
    owners: Store


@pytest.fixture(scope="module")
def house(postgres_server: str) -> Iterator[Walled]:
    with new_database(postgres_server) as url, migrated_for_a_plain_role(url) as served:
        opened = Walled(open_store(served, seal()), open_store(url, seal()))
        walled.settle(opened.store)
        yield opened
        opened.store.close()
        opened.owners.close()


# --- reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize("question", OF_PATIENT)
@pytest.mark.parametrize("asker", ASKERS)
def test_without_the_first_wall_the_second_gives_the_same_answer(
    house: Walled, asker: str, question: str, patient: str
) -> None:
    """The predicates on clinic and patient go; who may ask over patients still names the one they ask about."""
    who, ask = ASKERS[asker], OF_PATIENT[question]
    gone = ("clinic",) if who.patients is None else ("clinic", "patient_id")
    expected = ask(house.store, who, patient)
    with unguarded(house.store.reader, *gone):
        found = ask(house.store, who, patient)
    if "patient_id" in gone and patient in (who.patients or ()):
        assert found == expected
    else:
        assert _only_own(found, who) if "patient_id" in gone else found == expected


def _only_own(found: object, who: AccessContext) -> bool:
    """Whether an answer to a question about somebody else tells of nobody but the asker's own patients."""
    told = re.findall(r"patient_id='([^']*)'", repr(found))
    return set(told) <= (who.patients or frozenset())


@pytest.mark.parametrize("clinic", CLINICS)
@pytest.mark.parametrize("question", OF_CLINIC)
def test_without_the_first_wall_no_other_clinic_answers(house: Walled, question: str, clinic: str) -> None:
    expected = OF_CLINIC[question](house.store, clinic)
    with unguarded(house.store.reader, "clinic"):
        assert OF_CLINIC[question](house.store, clinic) == expected
    assert expected


@pytest.mark.parametrize(
    "question", ["entries.find", "drafts.drafts_of", "documents.find", "infusions.find", "assigned.find"]
)
def test_that_can_fail(house: Walled, question: str) -> None:
    """Before a role that is above the wall, the same questions without predicates bring foreign rows."""
    who = ASKERS["the patient"]
    expected = OF_PATIENT[question](house.owners, who, "ada")
    with unguarded(house.owners.reader, "clinic", "patient_id"):
        assert OF_PATIENT[question](house.owners, who, "ada") != expected


def test_every_question_of_the_store_is_asked_here() -> None:
    folder = Path(str(sessions.__file__)).parent
    found = {
        f"{file.stem}.{name}"
        for file in folder.glob("*.py")
        for name, thing in vars(import_module(f"service.store.{file.stem}")).items()
        if inspect.isfunction(thing) and thing.__module__ == f"service.store.{file.stem}"
        if not name.startswith("_") and next(iter(inspect.signature(thing).parameters), "") == "store"
    }
    elsewhere = {
        "held_words.ended_visit",
        "sessions.visit",
        "sessions.pending_launch",
        "audit_trail.clinics",
        "serving_role.weaknesses",
    }
    assert found - elsewhere == {*OF_PATIENT, *OF_CLINIC}


def rows(connection: Connection, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(select(metadata.tables[table]))]


@pytest.mark.parametrize("table", TABLES)
def test_there_are_rows_of_both_clinics(house: Walled, table: str) -> None:
    with house.owners.asking(NOTHING) as connection:
        assert {row.clinic for row in connection.execute(select(metadata.tables[table]))} == set(CLINICS)


@pytest.mark.parametrize("table", TABLES)
def test_who_said_nothing_sees_nothing(house: Walled, table: str) -> None:
    for engine in (house.store.reader, house.store.writer_engine):
        with engine.connect() as connection:
            assert rows(connection, table) == []


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "who",
    [
        NOTHING,
        context(Role.NOBODY, None),
        context(patients=frozenset()),
        known_by(""),
        Reach("clinic"),
        Reach("?"),
    ],
    ids=["nothing", "nobody", "no patient", "no handle", "no clinic", "no such reach"],
)
def test_who_reaches_nothing_sees_nothing(house: Walled, table: str, who: AccessContext | Reach) -> None:
    may = (
        {"audit_heads", "checkpoints"}
        if isinstance(who, AccessContext) and who.role is Role.PATIENT
        else set()
    )
    with house.store.asking(who) as connection:
        assert rows(connection, table) == [] or table in may


@pytest.mark.parametrize("table", TABLES)
def test_a_clinic_sees_its_own(house: Walled, table: str) -> None:
    with house.store.asking(whole_clinic("heron")) as connection:
        assert {row.clinic for row in connection.execute(select(metadata.tables[table]))} == {"heron"}


@pytest.mark.parametrize("table", TABLES)
def test_a_patient_sees_their_own(house: Walled, table: str) -> None:
    """What names no patient is for the service alone; the head of the log and its notes are the clinic's."""
    with house.store.asking(ASKERS["the patient"]) as connection:
        seen = connection.execute(select(metadata.tables[table])).mappings().all()
    assert {row["clinic"] for row in seen} <= {"marigold"}
    named = {row.get("patient_id", row.get("patient")) for row in seen}
    of_clinic = {"visits", "launches", "merges", "notices", "finding", "client_assertions", "client_tokens"}
    of_clinic |= {"generations", "ended_visits"}
    nameless = {"audit_heads", "checkpoints", "summaries"}
    assert named == (set() if table in of_clinic else {None} if table in nameless else {"ada"})


def test_a_patient_gets_the_summary_of_their_own_filing_alone(house: Walled) -> None:
    with house.store.asking(ASKERS["the patient"]) as connection:
        assert connection.scalars(text("SELECT filing_id FROM summaries")).all() == ["filing of ada"]


def test_drafts_are_their_patients_alone(house: Walled) -> None:
    """Rule 13: neither the chart's clinician nor a client of the clinic gets at them, whatever is asked."""
    for asker in ("a clinician", "the care team", "a client"):
        with house.store.asking(ASKERS[asker]) as connection:
            assert rows(connection, "drafts") == []
            assert rows(connection, "entries")


@pytest.mark.parametrize(
    "question", [one for one in OF_PATIENT if not one.startswith(("drafts.", "held_words."))]
)
@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.CLIENT, Role.OFFICER, Role.OPERATOR])
def test_what_is_held_shows_to_nobody_else_without_the_first_wall_either(
    house: Walled, role: Role, question: str
) -> None:
    """Rule 15: one instant before the release, and at it."""
    for at in (MORNING - timedelta(seconds=1), MORNING):
        who = context(role, None if role is Role.CLIENT else ADA, at=at)
        expected = OF_PATIENT[question](house.store, who, "ada")
        with unguarded(house.store.reader, "held_until"):
            assert OF_PATIENT[question](house.store, who, "ada") == expected


def test_what_is_held_shows_to_its_patient_and_the_service_alone_until_its_release(house: Walled) -> None:
    asked: dict[str, AccessContext | Reach] = {
        "its patient": context(Role.PATIENT, ADA),
        "the service": whole_clinic("marigold"),
        "a clinician, without an instant": context(Role.CLINICIAN, ADA),
        "the care team, too early": context(Role.CLINICIAN, None, at=MORNING - timedelta(microseconds=1)),
        "a client, at its release": context(Role.CLIENT, None, at=MORNING),
    }
    shows = {}
    for name, who in asked.items():
        with house.store.asking(who) as connection:
            found = [rows(connection, table) for table in ("entries", "entry_versions", "filings")]
            shows[name] = [any("held entry of ada" in row for row in one) for one in found]
    assert shows == {
        "its patient": [True, True, True],
        "the service": [True, True, True],
        "a clinician, without an instant": [False, False, False],
        "the care team, too early": [False, False, False],
        "a client, at its release": [True, True, True],
    }


def test_a_visit_is_read_by_its_handle_alone(house: Walled) -> None:
    handle = "visit of ada at heron"
    found = sessions.visit(house.store, handle)
    assert found is not None
    assert found.clinic == "heron"
    assert sessions.visit(house.store, "visit of nobody") is None
    with house.store.asking(known_by(handle)) as connection:
        assert [row[0] for row in rows(connection, "visits")] == [handle]
        assert [table for table in TABLES if rows(connection, table)] == ["visits"]
    pending = sessions.pending_launch(house.store, "launch of bo at heron")
    assert pending is not None
    assert pending.clinic == "heron"


def test_a_name_with_every_sign_in_it_is_one_name(house: Walled) -> None:
    """Ids come from others: no quote, brace or comma makes two names of one."""
    odd = 'ada,"bo"}{NULL\\'
    with house.store.asking(of_patients("marigold", frozenset({odd, "*", "", "NULL"}))) as connection:
        assert rows(connection, "entries") == []
        assert connection.scalar(text("SELECT current_setting('journal.patients')::text[]")) == sorted(
            {odd, "*", "", "NULL"}
        )


# --- one transaction, and not the next ----------------------------------------------------------------------------


@pytest.fixture
def one_connection(house: Walled) -> Iterator[Store]:
    """The same database behind a pool of one connection."""
    url = house.store.reader.url
    reader = create_engine(url, pool_size=1, max_overflow=0, hide_parameters=True)
    yield Store(reader, reader, seal())
    reader.dispose()


def test_a_connection_carries_nothing_over(one_connection: Store) -> None:
    with one_connection.asking(whole_clinic("heron")) as connection:
        first = connection.scalar(text("SELECT pg_backend_pid()"))
        assert rows(connection, "entries")
    with one_connection.reader.connect() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) == first
        assert rows(connection, "entries") == []
        assert connection.scalar(text("SELECT current_setting('journal.clinic')")) == ""


def test_nor_does_one_that_failed_or_committed(one_connection: Store) -> None:
    with pytest.raises(ZeroDivisionError), one_connection.asking(whole_house()):
        raise ZeroDivisionError
    with pytest.raises(DBAPIError), one_connection.asking(whole_house()) as connection:
        connection.execute(text("SELECT 1/0"))
    with one_connection.asking(whole_house()) as connection:
        connection.commit()
        assert rows(connection, "entries") == []


def test_a_later_word_takes_the_place_of_an_earlier_one(one_connection: Store) -> None:
    with one_connection.asking(whole_house()) as connection:
        tell(connection, of_patients("heron", frozenset({"bo"})))
        assert {(row.clinic, row.patient_id) for row in connection.execute(select(drafts))} == {
            ("heron", "bo")
        }
        tell(connection, NOTHING)
        assert rows(connection, "drafts") == []


def test_many_statements_at_one_moment(house: Walled) -> None:
    with house.store.asking(whole_clinic("heron"), at_one_moment=True) as connection:
        assert connection.scalar(text("SHOW transaction_isolation")) == "repeatable read"
        assert rows(connection, "audit_records")


# --- writing ------------------------------------------------------------------------------------------------------

NOTICE = {"encounter_id": "enc of nobody", "received_at": NOW}


@pytest.fixture
def writing(house: Walled) -> Iterator[Connection]:
    """A connection that may write, and whose writing is forgotten."""
    with house.store.writer_engine.connect() as connection:
        yield connection
        connection.rollback()


def test_who_said_nothing_writes_nothing(writing: Connection) -> None:
    assert writing.execute(update(entries).values(status="stopped")).rowcount == 0
    assert writing.execute(text("DELETE FROM drafts")).rowcount == 0
    with pytest.raises(ProgrammingError, match="row-level security"):
        writing.execute(insert(notices).values(clinic="heron", **NOTICE))


def test_nobody_writes_into_another_clinic(writing: Connection) -> None:
    tell(writing, whole_clinic("marigold"))
    foreign = update(entries).where(entries.c.clinic == "heron").values(status="stopped")
    assert writing.execute(foreign).rowcount == 0
    with pytest.raises(ProgrammingError, match="row-level security"):
        writing.execute(insert(notices).values(clinic="heron", **NOTICE))


def test_no_row_moves_to_another_clinic(writing: Connection) -> None:
    tell(writing, whole_clinic("marigold"))
    with pytest.raises(ProgrammingError, match="row-level security"):
        writing.execute(update(visits).values(clinic="heron"))


def test_no_row_moves_to_another_patient(writing: Connection) -> None:
    tell(writing, of_patients("marigold", ADA))
    with pytest.raises(ProgrammingError, match="row-level security"):
        writing.execute(update(drafts).values(patient_id="bo"))


def test_the_writer_says_what_kind_of_refusal_it_was(house: Walled) -> None:
    """What forgets to say whose rows it writes fails, and names none of them."""
    writer = Writer(house.store)
    writer.start()
    with pytest.raises(NotWritten, match=r"^InsufficientPrivilege 42501$"):
        writer.run_alone(
            lambda connection: connection.execute(insert(notices).values(clinic="heron", **NOTICE))
        )
    writer.stop()
