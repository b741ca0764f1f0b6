"""The log on real databases: sealed with its deed, read by filter and in one snapshot, and found out when touched."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, event, text

from service.audit import checkpoint, merkle
from service.audit.checkpoint import Checkpoint
from service.audit.leaf import placed
from service.audit.questions import AuditFilter
from service.audit.record import Deed as Done
from service.audit.record import Outcome, Record
from service.audit.verify import Verdict, What, verify
from service.store import audit_trail
from service.store.deeds import Deed, KeepCheckpoint
from service.store.engine import Store
from service.store.log_tables import audit_records
from service.store.transaction import NotWritten
from service.store.writer import Writer
from tests.store.builders import NOW, record


def keep(writer: Writer, clinic: str, *records: Record) -> None:
    writer.perform(Deed(clinic, records=records))


def checked(store: Store, clinic: str, signed: Checkpoint | None = None) -> Verdict:
    with audit_trail.snapshot(store, clinic) as (head, log):
        return verify(log, head, signed)


def test_an_empty_log_is_an_empty_tree(store: Store, clinic: str) -> None:
    assert audit_trail.head(store, clinic).root() == merkle.EMPTY_ROOT
    assert checked(store, clinic).ok


def test_records_stand_as_they_were_given(store: Store, writer: Writer, clinic: str) -> None:
    given = [record(clinic=clinic, name=f"r{number}") for number in range(3)]
    keep(writer, clinic, *given[:1])
    keep(writer, clinic, *given[1:])
    found = audit_trail.records(store, clinic)
    assert found == [placed(index, one) for index, one in enumerate(given)]
    assert [entry.record for entry in found] == given
    edge = audit_trail.head(store, clinic)
    with audit_trail.leaves(store, clinic, 3) as leaves:
        assert (edge.size, edge.root()) == (3, merkle.root_of(list(leaves)))


def test_one_deed_may_leave_records_at_two_clinics(store: Store, writer: Writer, clinic: str) -> None:
    keep(writer, clinic, record(clinic=clinic), record(clinic=f"{clinic}-too"), record(clinic=clinic))
    assert (audit_trail.count(store, clinic), audit_trail.count(store, f"{clinic}-too")) == (2, 1)
    assert checked(store, clinic).ok
    assert checked(store, f"{clinic}-too").ok
    assert {clinic, f"{clinic}-too"} <= set(audit_trail.clinics(store))


@pytest.fixture
def varied(writer: Writer, clinic: str) -> str:
    """Four records that differ in what a filter may ask for."""
    keep(
        writer,
        clinic,
        record("ada", clinic, Done.READ, NOW, "r0", "Practitioner/7"),
        record("bo", clinic, Done.EXPORT, NOW + timedelta(hours=1), "r1", "Practitioner/8"),
        record("ada", clinic, Done.READ, NOW + timedelta(hours=2), "r2", "Practitioner/8"),
        record(None, clinic, Done.START, NOW + timedelta(hours=3), "r3", None),
    )
    return clinic


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (AuditFilter(), ["r0", "r1", "r2", "r3"]),
        (AuditFilter(ids=frozenset({"r1", "r9"})), ["r1"]),
        (AuditFilter(ids=frozenset()), []),
        (AuditFilter(patient="ada"), ["r0", "r2"]),
        (AuditFilter(person="Practitioner/8"), ["r1", "r2"]),
        (AuditFilter(deeds=frozenset({Done.EXPORT, Done.START})), ["r1", "r3"]),
        (AuditFilter(outcomes=frozenset({Outcome.FAILED})), []),
        (AuditFilter(since=NOW + timedelta(hours=1)), ["r1", "r2", "r3"]),
        (AuditFilter(before=NOW + timedelta(hours=1)), ["r0"]),
        (AuditFilter(patient="ada", person="Practitioner/8"), ["r2"]),
    ],
)
def test_a_filter_finds_what_it_asks_for(
    store: Store, varied: str, filters: AuditFilter, expected: list[str]
) -> None:
    assert [entry.record.id for entry in audit_trail.records(store, varied, filters=filters)] == expected
    newest = audit_trail.newest(store, varied, filters=filters)
    assert [entry.record.id for entry in newest] == expected[::-1]
    assert audit_trail.count(store, varied, filters) == len(expected)
    with audit_trail.snapshot(store, varied, filters) as (_, log):
        assert [entry.record.id for entry in log] == expected


def test_pages_go_both_ways(store: Store, varied: str) -> None:
    assert [entry.index for entry in audit_trail.records(store, varied, after_index=1, limit=1)] == [2]
    assert [entry.index for entry in audit_trail.newest(store, varied, before_index=2, limit=1)] == [1]


def test_another_clinics_log_is_not_read(store: Store, varied: str) -> None:
    assert audit_trail.records(store, f"{varied}-too") == []


def test_a_snapshot_does_not_see_what_comes_later(store: Store, writer: Writer, clinic: str) -> None:
    """Page by page a log that grows looks broken; one snapshot never does."""
    for _ in range(3):
        keep(writer, clinic, *(record(clinic=clinic) for _ in range(400)))
    stop = threading.Event()

    def go_on_writing() -> None:
        while not stop.is_set():
            keep(writer, clinic, record(clinic=clinic))

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(go_on_writing)
        try:
            sizes = [checked(store, clinic) for _ in range(5)]
        finally:
            stop.set()
        writing.result(10)
    assert all(verdict.ok for verdict in sizes)
    assert sizes[0].size >= 1200


def test_head_and_records_of_a_snapshot_are_of_one_moment(store: Store, writer: Writer, clinic: str) -> None:
    """A record that is written just after the head was read is not among the records."""
    keep(writer, clinic, record(clinic=clinic))
    written: list[str] = []

    def write_in_between(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "audit_heads" in statement and not written:
            written.append(statement)
            keep(writer, clinic, record(clinic=clinic))

    event.listen(store.reader, "after_cursor_execute", write_in_between)
    try:
        verdict = checked(store, clinic)
    finally:
        event.remove(store.reader, "after_cursor_execute", write_in_between)
    assert (verdict.ok, verdict.size, len(written)) == (True, 1, 1)
    assert checked(store, clinic).size == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_records SET record = '{}' WHERE clinic = :clinic",
        "DELETE FROM audit_records WHERE clinic = :clinic",
    ],
)
def test_the_database_refuses_to_change_a_record(
    store: Store, writer: Writer, clinic: str, statement: str
) -> None:
    keep(writer, clinic, record(clinic=clinic))
    with pytest.raises(NotWritten):
        writer.run_alone(lambda connection: connection.execute(text(statement), {"clinic": clinic}))
    assert checked(store, clinic).ok


# --- what an insider with the whole database can do ------------------------------------------------------------------


@contextmanager
def as_insider(store: Store) -> Iterator[Connection]:
    """Somebody who may do anything in the database, and first takes the triggers away; all is undone at the end."""
    with store.writer_engine.connect() as connection:
        if store.dialect == "sqlite":
            for word in ("UPDATE", "DELETE"):
                connection.execute(text(f"DROP TRIGGER audit_records_no_{word}"))
        else:
            connection.execute(text("ALTER TABLE audit_records DISABLE TRIGGER ALL"))
        yield connection
        connection.rollback()


def judged(connection: Connection, clinic: str, signed: Checkpoint | None) -> Verdict:
    """The verdict on the database as the insider left it, by the same reading as any other."""
    rows = connection.execute(audit_trail._in_order(audit_trail._matching(clinic, AuditFilter())))
    entries = [audit_trail._as_entry(row) for row in rows]
    return verify(entries, audit_trail._head(connection, clinic), signed)


def run(statement: str) -> Callable[[Connection, str], None]:
    def mutate(connection: Connection, clinic: str) -> None:
        connection.execute(text(statement), {"clinic": clinic})

    return mutate


HERE = "WHERE clinic = :clinic AND leaf_index"
FORGED = "replace(record, 'Practitioner/7', 'Practitioner/8')"
ALL_COLUMNS = "id, recorded, digest, record, leaf, deed, outcome, patient, person"

# What is done, and the index that is named without any checkpoint.
MUTATIONS: dict[str, tuple[Callable[[Connection, str], None], int]] = {
    "edit a record": (run(f"UPDATE audit_records SET record = {FORGED} {HERE} = 4"), 4),
    "edit a digest": (run(f"UPDATE audit_records SET digest = 'aa' || substr(digest, 3) {HERE} = 4"), 4),
    "edit a copy": (run(f"UPDATE audit_records SET patient = 'bo' {HERE} = 4"), 4),
    "edit an instant": (
        run(
            f"UPDATE audit_records SET recorded = (SELECT recorded FROM audit_records {HERE} = 0) {HERE} = 4"
        ),
        4,
    ),
    "delete one": (run(f"DELETE FROM audit_records {HERE} = 4"), 4),
    "delete the first": (run(f"DELETE FROM audit_records {HERE} = 0"), 0),
    "move one": (run(f"UPDATE audit_records SET leaf_index = 99 {HERE} = 4"), 4),
    "insert one": (
        run(
            f"INSERT INTO audit_records (clinic, leaf_index, {ALL_COLUMNS}) SELECT clinic, 10, "
            f"'another', recorded, digest, record, leaf, deed, outcome, patient, person FROM audit_records {HERE} = 4"
        ),
        10,
    ),
    "cut the tail": (run(f"DELETE FROM audit_records {HERE} >= 7"), 7),
}


@pytest.mark.parametrize("kind", MUTATIONS)
def test_an_insider_is_found_and_the_place_is_named(
    store: Store, writer: Writer, clinic: str, kind: str
) -> None:
    mutate, named = MUTATIONS[kind]
    later = [record(clinic=clinic, recorded=NOW + timedelta(minutes=number)) for number in range(10)]
    keep(writer, clinic, *later)
    with as_insider(store) as connection:
        mutate(connection, clinic)
        assert judged(connection, clinic, None).first_fault == named
    assert checked(store, clinic).ok


def forge_consistently(connection: Connection, clinic: str, records: list[Record]) -> None:
    """Rewrite the whole log and its head so that they fit: what an insider with our code can do."""
    connection.execute(text("DELETE FROM audit_records WHERE clinic = :clinic"), {"clinic": clinic})
    connection.execute(text("DELETE FROM audit_heads WHERE clinic = :clinic"), {"clinic": clinic})
    audit_trail.append(connection, records)


@pytest.mark.parametrize(
    "kind", ["edit", "delete", "reorder", "insert", "truncate", "empty", "roll back and go on"]
)
def test_a_log_forged_whole_needs_a_checkpoint_kept_elsewhere(
    store: Store, writer: Writer, clinic: str, kind: str
) -> None:
    """Without one it looks sound; with one it is found, whatever was done (T44, D-18)."""
    records = [record(clinic=clinic, name=f"r{number}") for number in range(10)]
    keep(writer, clinic, *records)
    edge = audit_trail.head(store, clinic)
    signed = Checkpoint(clinic, edge.size, edge.root())
    forged = {
        "edit": [*records[:4], record(clinic=clinic, name="r4", person="Practitioner/8"), *records[5:]],
        "delete": records[:4] + records[5:],
        "reorder": [*records[:3], records[4], records[3], *records[5:]],
        "insert": [*records[:4], record(clinic=clinic), *records[4:]],
        "truncate": records[:7],
        "empty": [],
        "roll back and go on": [*records[:7], *(record(clinic=clinic) for _ in range(5))],
    }[kind]
    with as_insider(store) as connection:
        forge_consistently(connection, clinic, forged)
        assert judged(connection, clinic, None).ok
        verdict = judged(connection, clinic, signed)
        assert not verdict.ok
        cut = len(forged) < 10
        assert [fault.what for fault in verdict.faults] == [What.CUT if cut else What.NOT_AS_SIGNED]
    assert checked(store, clinic, signed).anchored == 10


def test_checkpoints_follow_one_another(store: Store, writer: Writer, clinic: str) -> None:
    """Signed, kept, and signed again with a proof that the log only grew (D-16)."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    assert audit_trail.last_checkpoint(store, clinic) is None
    earlier: Checkpoint | None = None
    for size in (3, 5):
        keep(writer, clinic, *(record(clinic=clinic) for _ in range(size - (earlier.size if earlier else 0))))
        edge = audit_trail.head(store, clinic)
        with audit_trail.leaves(store, clinic, edge.size) as leaves:
            proof = merkle.consistency_proof(leaves, earlier.size, edge.size) if earlier else ()
        note = checkpoint.sign(clinic, edge.size, edge.root(), key, earlier, proof)
        writer.perform(Deed(clinic, changes=(KeepCheckpoint(edge.size, note, NOW),)))
        kept = audit_trail.last_checkpoint(store, clinic)
        assert kept is not None
        assert (kept.size, kept.note, kept.signed_at) == (size, note, NOW)
        earlier = checkpoint.verify(kept.note, checkpoint.verifier_key(clinic, key))
    assert checked(store, clinic, earlier).anchored == 5


def test_the_tables_of_the_log_hold_no_secret_column() -> None:
    """Records hold identifiers only (rule 28), so that an officer's export decrypts nothing."""
    assert "SealedColumn" not in {type(column.type).__name__ for column in audit_records.columns}
