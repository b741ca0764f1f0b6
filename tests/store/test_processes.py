"""Two processes on one database, as replicas have: what one is about to do, the other cannot make untrue."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from service.audit.verify import verify
from service.journal.entries import FilingState
from service.store import assigned, audit_trail, courses, drafts, entry_rows, filings, finding
from service.store.changes import apply
from service.store.deeds import (
    Change,
    CourseIsAt,
    Deed,
    DropNotices,
    EntryIsNew,
    FilingNeverSent,
    GuardFailed,
    InfusionIsFree,
    KeepAssigned,
    KeepNotice,
    LaneIsHeld,
    NoteSendStarted,
    QueueFiling,
    RememberEncounters,
    SaveEntryVersion,
    SaveRuling,
    SettleFiling,
)
from service.store.engine import Store, open_store
from service.store.guards import holds
from service.store.writer import Writer
from tests.store.builders import NOW, PATIENT, assigned_set, draft, entry, filing, record, ruling, seal

LEASE = timedelta(minutes=2)


@pytest.fixture
def second(store: Store) -> Iterator[Store]:
    """The store as another process opens it, with connections of its own."""
    opened = open_store(store.writer_engine.url.render_as_string(hide_password=False), seal())
    yield opened
    opened.close()


@contextmanager
def under_way(second: Store) -> Iterator[Connection]:
    """A transaction of the other process that has begun and is not committed yet; it is at the end."""
    with second.writer_engine.begin() as connection:
        yield connection


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[Future[object]]:
    """The work is begun, and has had time to get as far as it can."""
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(work)
        with suppress(NotYet):
            begun.exception(0.3)
        yield begun


def submission(clinic: str, name: str) -> Deed:
    new = entry(name, encounter="enc-1")
    free = InfusionIsFree(PATIENT, "enc-1", new.key)
    return Deed(clinic, (EntryIsNew(new.key), free), (SaveEntryVersion(new),), (record(clinic=clinic),))


def owe(writer: Writer, clinic: str, name: str, patient: str = PATIENT) -> None:
    owed = filing(f"filing of {name}", name, patient=patient)
    writer.perform(Deed(clinic, changes=(SaveEntryVersion(entry(name, patient=patient)), QueueFiling(owed))))


def claim(
    connection: Connection,
    clinic: str,
    after: timedelta = timedelta(),
    over: Callable[[list[filings.HeldLane]], list[filings.HeldLane]] = lambda _: [],
) -> filings.Claimed | None:
    return filings.claim_next(connection, seal(), clinic, NOW + after, LEASE, "worker", over)


def test_two_processes_write_one_log(store: Store, second: Store, clinic: str) -> None:
    """No gap, no fork, no lost record (T47)."""
    writers = [Writer(store), Writer(second)]
    for one in writers:
        one.start()

    def keep(number: int) -> None:
        writers[number % 2].perform(Deed(clinic, records=(record(clinic=clinic),)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(200)))
    for one in writers:
        one.stop()
    with audit_trail.snapshot(store, clinic) as (head, log):
        verdict = verify(log, head)
    assert (verdict.size, verdict.faults) == (200, ())


def test_one_infusion_in_two_tables(second: Store, writer: Writer, clinic: str) -> None:
    """A draft is being begun elsewhere for the infusion that an entry is sent for here: one of them is too late."""
    with under_way(second) as connection:
        assert holds(connection, clinic, InfusionIsFree(PATIENT, "enc-1", "other"))
        with meanwhile(lambda: writer.perform(submission(clinic, "mine"))) as mine:
            assert not mine.done()
            drafts.save(connection, seal(), clinic, draft("other", encounter="enc-1"))
            connection.commit()
    assert isinstance(mine.exception(10), GuardFailed)


def test_one_entry_sent_twice_at_once(second: Store, writer: Writer, clinic: str) -> None:
    """Pressed twice, served by two replicas: the second is told in plain words, not by a broken key."""
    deed = Deed(clinic, (EntryIsNew("key-of-mine"),), (SaveEntryVersion(entry("mine")),))
    with under_way(second) as connection:
        assert holds(connection, clinic, deed.guards[0])
        entry_rows.keep_version(connection, seal(), clinic, entry("mine"))
        with meanwhile(lambda: writer.perform(deed)) as mine:
            assert not mine.done()
            connection.commit()
    assert isinstance(mine.exception(10), GuardFailed)


def test_a_lane_that_was_found_held_stays_so(second: Store, writer: Writer, clinic: str) -> None:
    """F4: between a worker's fence and its commit nobody takes the lane over, even though the lease ran out."""
    owe(writer, clinic, "a")
    claimed = writer.run_alone(lambda connection: claim(connection, clinic))
    assert claimed is not None
    with under_way(second) as connection:
        assert holds(connection, clinic, LaneIsHeld(PATIENT, claimed.fence))
        took = lambda own: claim(own, clinic, LEASE, over=lambda held: held)  # noqa: E731
        with meanwhile(lambda: writer.run_alone(took)) as other:
            assert not other.done() or other.result() is None
            connection.commit()


def test_a_busy_lane_does_not_keep_others_waiting(
    store: Store, second: Store, writer: Writer, clinic: str
) -> None:
    """SKIP LOCKED: the next patient is filed while the first one's lane is being written."""
    owe(writer, clinic, "a")
    owe(writer, clinic, "b", patient="bo")
    with under_way(second) as connection:
        assert claim(connection, clinic) is not None
        with meanwhile(lambda: writer.run_alone(lambda own: claim(own, clinic))) as other:
            if store.dialect == "postgresql":
                assert other.result(10) is not None
            connection.commit()  # SQLite has one writer at a time: there the other one waits for this
    found = other.result(10)
    assert isinstance(found, filings.Claimed)
    assert found.filing.patient_id == "bo"


@pytest.mark.parametrize("known", [0, 1], ids=["of a patient nobody looked at", "of a patient who is known"])
@pytest.mark.parametrize(
    "theirs",
    [
        RememberEncounters(PATIENT, (), NOW),
        SaveRuling(ruling("theirs")),
        KeepAssigned(assigned_set("theirs")),
    ],
    ids=["a look", "a ruling", "an assigned set"],
)
def test_two_decide_on_one_course(
    second: Store, writer: Writer, clinic: str, known: int, theirs: Change
) -> None:
    """What the other process is about to change is waited for, and what was decided without it doesn't happen."""
    looks = (RememberEncounters(PATIENT, (), NOW),) * known
    writer.perform(Deed(clinic, changes=looks))
    mine = Deed(clinic, (CourseIsAt(PATIENT, known),), (KeepAssigned(assigned_set("mine")),))
    with under_way(second) as connection:
        assert holds(connection, clinic, CourseIsAt(PATIENT, known))
        with meanwhile(lambda: writer.perform(mine)) as begun:
            assert not begun.done()
            apply(connection, seal(), clinic, theirs)
            connection.commit()
    assert isinstance(begun.exception(10), GuardFailed)


def test_a_look_without_a_guard_is_waited_for(
    store: Store, second: Store, writer: Writer, clinic: str
) -> None:
    """The first two looks at a patient: there is no row yet that one of them could find."""
    look = RememberEncounters(PATIENT, (), NOW)
    with under_way(second) as connection:
        apply(connection, seal(), clinic, look)
        with meanwhile(lambda: writer.perform(Deed(clinic, (CourseIsAt(PATIENT, 0),), (look,)))) as mine:
            assert not mine.done()
            connection.commit()
    assert isinstance(mine.exception(10), GuardFailed)
    with under_way(second) as connection:
        assert courses.locked_revision(connection, clinic, PATIENT) == 1


def test_a_send_that_begins_keeps_a_filing_from_being_cancelled(
    second: Store, writer: Writer, clinic: str
) -> None:
    """Whoever comes first: the worker is about to send what is being taken back here."""
    owe(writer, clinic, "a")
    cancelled = SettleFiling("filing of a", FilingState.CANCELLED, "attached", None, NOW)
    taking_back = Deed(clinic, (FilingNeverSent("filing of a"),), (cancelled,))
    with under_way(second) as connection:
        apply(connection, seal(), clinic, NoteSendStarted("filing of a", NOW))
        with meanwhile(lambda: writer.perform(taking_back)) as mine:
            assert not mine.done()
            connection.commit()
    assert isinstance(mine.exception(10), GuardFailed)


def test_two_processes_write_different_sets(store: Store, second: Store, writer: Writer, clinic: str) -> None:
    """SKIP LOCKED: what one of them is just claiming the other neither waits for nor claims, then or later."""
    sets = tuple(KeepAssigned(assigned_set(f"s{number}", encounter=f"e{number}")) for number in range(4))
    writer.perform(Deed(clinic, changes=sets))

    def taken(connection: Connection) -> list[str]:
        return [one.id for one in assigned.claim_unwritten(connection, clinic, NOW, LEASE, 2)]

    with under_way(second) as connection:
        assert taken(connection) == ["s0", "s1"]
        with meanwhile(lambda: writer.run_alone(taken)) as other:
            if store.dialect == "postgresql":
                assert other.result(10) == ["s2", "s3"]
            connection.commit()
    assert other.result(10) == ["s2", "s3"]
    assert writer.run_alone(taken) == []


def test_two_processes_search_one_clinic(second: Store, writer: Writer, clinic: str) -> None:
    """Both begin at once, where nobody searched before: one of them does."""
    with under_way(second) as connection:
        assert finding.claim_finding(connection, clinic, NOW, LEASE, "theirs") is not None
        with meanwhile(
            lambda: writer.run_alone(lambda own: finding.claim_finding(own, clinic, NOW, LEASE, "mine"))
        ) as mine:
            assert not mine.done()
            connection.commit()
    assert mine.result(10) is None


def test_a_notice_that_comes_as_its_encounter_is_dropped_stays(
    store: Store, second: Store, writer: Writer, clinic: str
) -> None:
    later = NOW + timedelta(seconds=1)
    writer.perform(Deed(clinic, changes=(KeepNotice("e", NOW),)))
    with under_way(second) as connection:
        apply(connection, seal(), clinic, DropNotices(("e",), NOW))
        with meanwhile(lambda: writer.perform(Deed(clinic, changes=(KeepNotice("e", later),)))) as again:
            assert not again.done()
            connection.commit()
    assert again.exception(10) is None
    assert finding.take_notices(store, clinic, 9) == (finding.Notice("e", later),)
