"""The writer: groups that share a transaction, faults that stay with the guilty, and a line with an end."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from sqlalchemy import Connection, event, insert, select, text
from sqlalchemy.exc import DBAPIError

from service.audit.verify import verify
from service.journal.problems import TooBusy
from service.journal.questions import EntryQuery
from service.store import audit_trail, drafts, entries, sessions
from service.store.deeds import (
    Deed,
    DraftIsAt,
    EntryIsNew,
    GuardFailed,
    OpenVisit,
    QueueFiling,
    SaveDraft,
    SaveEntryVersion,
)
from service.store.engine import Store
from service.store.sealing import Place
from service.store.tables import visits
from service.store.transaction import NotWritten
from service.store.writer import Writer
from tests.store.builders import NOW, PATIENT, context, draft, entry, filing, record, visit


@contextmanager
def held_back(writer: Writer) -> Iterator[Callable[[Deed], Future[None]]]:
    """Whatever is asked for inside waits in line together, in this order, until the end."""
    begun, go_on = threading.Event(), threading.Event()

    def stand_still(_connection: Connection) -> None:
        begun.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor() as pool:
        pool.submit(writer.run_alone, stand_still)
        assert begun.wait(10)

        def ask(deed: Deed) -> Future[None]:
            waiting = len(writer._line._waiting)
            asked = pool.submit(writer.perform, deed)
            while len(writer._line._waiting) == waiting and not asked.done():
                threading.Event().wait(0.001)
            return asked

        try:
            yield ask
        finally:
            go_on.set()


def commits_of(store: Store) -> list[str]:
    seen: list[str] = []
    event.listen(store.writer_engine, "commit", lambda _connection: seen.append("commit"))
    return seen


def submission(clinic: str, name: str) -> Deed:
    """What sending an entry is: guards, its version, its filing, its record."""
    new = entry(name)
    return Deed(
        clinic,
        (EntryIsNew(new.key),),
        (SaveEntryVersion(new), QueueFiling(filing(f"filing of {name}", name))),
        (record(clinic=clinic),),
    )


def test_eight_threads_lose_nothing_and_leave_no_gap(store: Store, writer: Writer, clinic: str) -> None:
    """T47: 8 threads of 200 deeds, every one of them and nothing else is there, and the log verifies."""

    def send(thread: int) -> None:
        for number in range(200):
            writer.perform(submission(clinic, f"{thread}-{number}"))

    commits = commits_of(store)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))
    query = EntryQuery()
    assert entries.count(store, context(clinic=clinic), query) == 1600
    with audit_trail.snapshot(store, clinic) as (head, log):
        verdict = verify(log, head)
    assert (verdict.size, verdict.faults) == (1600, ())
    assert len(commits) < 1600


def test_deeds_that_wait_share_a_transaction(store: Store, writer: Writer, clinic: str) -> None:
    commits = commits_of(store)
    with held_back(writer) as ask:
        asked = [ask(submission(clinic, str(number))) for number in range(5)]
    assert [one.result(10) for one in asked] == [None] * 5
    assert len(commits) == 2  # one for the function that held the others back


def test_of_two_that_contradict_each_other_one_happens(store: Store, writer: Writer, clinic: str) -> None:
    writer.perform(Deed(clinic, changes=(SaveDraft(draft()),)))
    guard = DraftIsAt("key-1", PATIENT, 1)
    with held_back(writer) as ask:
        first = ask(Deed(clinic, (guard,), (SaveDraft(draft(revision=2)),), (record(clinic=clinic),)))
        second = ask(Deed(clinic, (guard,), (SaveDraft(draft(revision=2)),), (record(clinic=clinic),)))
    assert first.result(10) is None
    with pytest.raises(GuardFailed):
        second.result(10)
    assert audit_trail.count(store, clinic) == 1


def test_only_the_guilty_deed_of_a_group_fails(store: Store, writer: Writer, clinic: str) -> None:
    """A deed the database refuses takes its group back, and the others happen all the same."""
    writer.perform(submission(clinic, "known"))
    guilty = Deed(clinic, changes=(SaveEntryVersion(entry("known")),), records=(record(clinic=clinic),))
    with held_back(writer) as ask:
        before = ask(submission(clinic, "before"))
        asked = ask(guilty)
        after = ask(submission(clinic, "after"))
    assert before.result(10) is None
    assert after.result(10) is None
    with pytest.raises(NotWritten):
        asked.result(10)
    assert audit_trail.count(store, clinic) == 3


def test_a_refusal_says_no_value(writer: Writer, clinic: str) -> None:
    """PostgreSQL's DETAIL names the values of a key; what the writer raises does not."""
    new = entry("marker-4711")
    writer.perform(Deed(clinic, changes=(SaveEntryVersion(new),)))
    with pytest.raises(NotWritten) as refused:
        writer.perform(Deed(clinic, changes=(SaveEntryVersion(replace(new, key="another")),)))
    shown = f"{refused.value!r} {refused.value.__cause__!r} {refused.value.__context__!r}"
    assert "marker-4711" not in shown


def test_a_full_line_is_too_busy(store: Store, clinic: str) -> None:
    small = Writer(store, most_waiting=1)
    small.start()
    with held_back(small) as ask:
        waiting = ask(submission(clinic, "waits"))
        with pytest.raises(TooBusy):
            small.perform(submission(clinic, "no room"))
    assert waiting.result(10) is None
    small.stop()
    assert [one.id for one in entries.newest_first(store, context(clinic=clinic))] == ["waits"]


def test_who_waited_too_long_did_nothing(store: Store, clinic: str) -> None:
    """TooBusy is the truth: what gave up waiting does not happen later."""
    hasty = Writer(store, patience=0.05)
    hasty.start()
    with held_back(hasty), pytest.raises(TooBusy):
        hasty.perform(submission(clinic, "too late"))
    hasty.stop()
    assert entries.count(store, context(clinic=clinic), EntryQuery()) == 0


def test_a_writer_that_does_not_run_is_too_busy(store: Store, clinic: str) -> None:
    writer = Writer(store)
    with pytest.raises(TooBusy):
        writer.perform(submission(clinic, "too early"))
    writer.start()
    assert writer.is_alive
    writer.stop()
    assert not writer.is_alive
    with pytest.raises(TooBusy):
        writer.perform(submission(clinic, "too late"))


def test_stopping_performs_what_is_in_line(store: Store, clinic: str) -> None:
    writer = Writer(store)
    writer.start()
    with held_back(writer) as ask:
        asked = ask(submission(clinic, "in line"))
        writer._line.close()
    writer.stop()
    assert asked.result(10) is None


def test_a_function_runs_alone_and_answers(store: Store, writer: Writer, clinic: str) -> None:
    answer = writer.run_alone(lambda connection: connection.scalar(text("SELECT 42")))
    assert answer == 42


def test_a_function_that_fails_leaves_nothing(store: Store, writer: Writer, clinic: str) -> None:
    def half(connection: Connection) -> None:
        sessions.open_visit(connection, store.seal, clinic, visit(clinic, clinic))
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        writer.run_alone(half)
    assert sessions.visit(store, clinic) is None
    writer.perform(submission(clinic, "goes on"))


def test_a_transaction_that_ended_unseen_is_not_called_done(
    store: Store, writer: Writer, clinic: str
) -> None:
    """SQLite ends a transaction on a full disk, PostgreSQL spoils it on any error: neither is called done."""

    def end_unseen(connection: Connection) -> None:
        sessions.open_visit(connection, store.seal, clinic, visit(clinic, clinic))
        if store.dialect == "sqlite":
            connection.connection.dbapi_connection.rollback()  # type: ignore[union-attr]
            return
        with suppress(DBAPIError):
            connection.execute(text("SELECT 1/0"))

    with pytest.raises(TooBusy):
        writer.run_alone(end_unseen)
    assert sessions.visit(store, clinic) is None
    writer.perform(submission(clinic, "goes on"))


def _plain_row(handle: str) -> dict[str, object]:
    names = {"handle": handle, "secret_digest": "d", "clinic": "c", "kind": "patient", "person": "p"}
    return names | {"started_at": NOW, "seen_at": NOW, "expires_at": NOW}


def test_plain_words_cannot_be_stored_by_mistake(writer: Writer, clinic: str) -> None:
    row = _plain_row(clinic) | {"contents": b"a token in the clear"}
    with pytest.raises(NotWritten) as refused:
        writer.run_alone(lambda connection: connection.execute(insert(visits), row))
    assert "clear" not in str(refused.value)


def test_the_reader_cannot_write(store: Store, clinic: str) -> None:
    """Read-only by the database's own word, not by our good manners."""
    with store.reader.connect() as connection, pytest.raises(DBAPIError):
        sessions.open_visit(connection, store.seal, clinic, visit(clinic, clinic))
    with store.reader.connect() as connection:
        assert connection.execute(select(visits).where(visits.c.clinic == clinic)).all() == []


def test_an_exception_holds_no_parameters(store: Store) -> None:
    row = _plain_row("marker-4711") | {"contents": store.seal.seal(Place("c", "visits.contents", ()), b"")}
    with store.reader.connect() as connection, pytest.raises(DBAPIError) as refused:
        connection.execute(insert(visits), row)
    assert "marker-4711" not in str(refused.value)


def test_drafts_written_together_are_all_there(store: Store, writer: Writer, clinic: str) -> None:
    with held_back(writer) as ask:
        for number in range(3):
            opened = OpenVisit(visit(f"{clinic}-{number}", clinic))
            ask(Deed(clinic, changes=(SaveDraft(draft(f"key-{number}")), opened)))
    assert len(drafts.drafts_of(store, context(clinic=clinic))) == 3
