"""The database misbehaves: nothing acknowledged is lost, nothing happens twice, nothing is guessed (F29 to F32)."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, text

from service.journal.problems import TooBusy
from service.store import audit_trail
from service.store.deeds import Deed, HoldWords
from service.store.engine import Store, open_store
from service.store.migrating import upgrade
from service.store.writer import Writer
from tests.store.builders import held, record, seal

CLINIC = "marigold"


def keep(writer: Writer) -> None:
    writer.perform(Deed(CLINIC, records=(record(),)))


@contextmanager
def served(url: str) -> Iterator[tuple[Store, Writer]]:
    upgrade(url)
    store = open_store(url, seal())
    writer = Writer(store)
    writer.start()
    keep(writer)
    yield store, writer
    writer.stop()
    store.close()


def once(store: Store, moment: str, happens: Callable[[Connection], None]) -> None:
    """Let this happen at the next begin or commit of the writer, and never again."""
    done: list[str] = []

    def listener(connection: Connection) -> None:
        if not done:
            done.append(moment)
            happens(connection)

    event.listen(store.writer_engine, moment, listener)


def cut_off(postgres_url: str) -> None:
    """Whoever else is connected loses the connection, as when the server or the network fails."""
    plain = postgres_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


@pytest.mark.postgres
def test_a_connection_lost_between_deeds_is_not_seen(postgres_url: str) -> None:
    with served(postgres_url) as (store, writer):
        cut_off(postgres_url)
        keep(writer)
        assert audit_trail.count(store, CLINIC) == 2


@pytest.mark.postgres
def test_a_commit_that_never_arrived_is_done_again_once(postgres_url: str) -> None:
    """F32: the connection breaks before COMMIT reaches the server, which says "aborted"."""
    with served(postgres_url) as (store, writer):
        once(store, "commit", lambda _connection: cut_off(postgres_url))
        keep(writer)
        assert audit_trail.count(store, CLINIC) == 2


@pytest.mark.postgres
def test_a_commit_whose_answer_was_lost_is_not_repeated(postgres_url: str) -> None:
    """F32: the server committed and its answer never came: it is asked, and nothing happens twice."""
    with served(postgres_url) as (store, writer):

        def commit_and_cut(connection: Connection) -> None:
            connection.exec_driver_sql("COMMIT")
            cut_off(postgres_url)

        once(store, "commit", commit_and_cut)
        keep(writer)
        assert audit_trail.count(store, CLINIC) == 2


@pytest.mark.postgres
@pytest.mark.parametrize("ahead", [0, 1_000_000], ids=["another transaction's", "nobody's yet"])
def test_the_id_of_a_commit_proves_nothing_on_a_server_that_took_over(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """F33: the new server never got it, and has given its id to somebody else, or to nobody yet."""
    with served(postgres_url) as (store, writer):
        with store.writer_engine.begin() as connection:
            given = int(connection.scalar(text("SELECT pg_current_xact_id()::text")) or 0)
        monkeypatch.setattr("service.store.writer.own_id", lambda _connection: str(given + ahead))
        once(store, "commit", lambda _connection: cut_off(postgres_url))
        keep(writer)
        assert audit_trail.count(store, CLINIC) == 2


def test_a_question_to_a_server_that_is_not_there_is_too_busy() -> None:
    """F33: while another server takes over, readers are told so like writers."""
    store = open_store("postgresql+psycopg://nobody@127.0.0.1:1/journal?sslmode=disable", seal())
    with pytest.raises(TooBusy):
        audit_trail.count(store, CLINIC)
    store.close()


def test_a_locked_database_is_too_busy_and_heals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F29: somebody holds the file longer than we wait: no false "saved", and all is well afterwards."""
    monkeypatch.setattr("service.store.engine._BUSY_MILLISECONDS", 20)
    file = tmp_path / "journal.db"
    with served(f"sqlite:///{file}") as (store, writer):
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TooBusy):
            keep(writer)
        other.execute("ROLLBACK")
        other.close()
        keep(writer)
        assert audit_trail.count(store, CLINIC) == 2


def test_a_full_disk_is_too_busy_and_heals(tmp_path: Path) -> None:
    """F30: no acknowledgement without a commit; once there is space again it goes on without a restart."""
    with served(f"sqlite:///{tmp_path / 'journal.db'}") as (store, writer):
        writer.run_alone(_no_more_pages)
        acknowledged = 1 + kept_until_too_busy(writer)
        assert audit_trail.count(store, CLINIC) == acknowledged
        with store.writer_engine.connect() as connection:
            connection.execute(text("PRAGMA max_page_count = 1000000"))
        keep(writer)
        assert audit_trail.head(store, CLINIC).size == acknowledged + 1


def kept_until_too_busy(writer: Writer) -> int:
    for number in range(500):
        try:
            keep(writer)
        except TooBusy:
            return number
    raise AssertionError("the disk was never full")


def _no_more_pages(connection: Connection) -> None:
    pages = connection.scalar(text("PRAGMA page_count"))
    connection.execute(text(f"PRAGMA max_page_count = {pages}"))


def test_a_commit_nobody_can_tell_of_stops_the_writer(tmp_path: Path) -> None:
    """F31: after a failed write of the file itself nothing is trusted any more: the process has to start again."""

    def fail(_connection: Connection) -> None:
        broken = sqlite3.OperationalError("disk I/O error")
        broken.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        broken.sqlite_errorname = "SQLITE_IOERR_FSYNC"
        raise broken

    with served(f"sqlite:///{tmp_path / 'journal.db'}") as (store, writer):
        real = store.writer_engine.dialect.do_commit
        store.writer_engine.dialect.do_commit = fail  # type: ignore[method-assign, assignment]
        with pytest.raises(TooBusy):
            keep(writer)
        store.writer_engine.dialect.do_commit = real  # type: ignore[method-assign]
        assert not writer.is_alive
        with pytest.raises(TooBusy):
            keep(writer)


@pytest.mark.postgres
@pytest.mark.parametrize("code", ["40001", "40P01"], ids=["serialisation failure", "deadlock"])
def test_what_the_database_takes_back_is_done_again_whole(postgres_url: str, code: str) -> None:
    """F34: the server itself ends the transaction in the middle: nobody hears of it, and nothing happens twice."""
    with served(postgres_url) as (store, writer):
        tried: list[int] = []

        def work(connection: Connection) -> None:
            audit_trail.append(connection, [record()])
            tried.append(len(tried))
            if len(tried) == 1:
                raising = f"DO $$ BEGIN RAISE EXCEPTION 'taken back' USING ERRCODE = '{code}'; END $$"
                connection.exec_driver_sql(raising)

        writer.run_alone(work)
        assert (len(tried), audit_trail.count(store, CLINIC)) == (2, 2)


@pytest.mark.postgres
def test_a_group_that_is_taken_back_is_done_one_by_one(postgres_url: str) -> None:
    """F34: what deadlocks together would do so again: alone each of them is kept, and nobody hears of it."""
    with served(postgres_url) as (store, writer):
        held_now, taken_back = list[str](), list[str]()
        raising = "DO $$ BEGIN RAISE EXCEPTION 'taken back' USING ERRCODE = '40P01'; END $$"

        def taken_back_at_the_second(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
            held_now.extend(["words"] * ("INSERT INTO held_words" in statement))
            if len(held_now) == 2:
                taken_back.append("a group")
                held_now.clear()
                connection.exec_driver_sql(raising)

        event.listen(store.writer_engine, "before_cursor_execute", taken_back_at_the_second)
        event.listen(store.writer_engine, "begin", lambda _connection: held_now.clear())
        gate = threading.Event()
        with ThreadPoolExecutor(3) as pool:
            before = pool.submit(writer.run_alone, lambda _connection: gate.wait(10))
            time.sleep(0.1)
            words = [HoldWords(held(name)) for name in ("one", "two")]
            both = [pool.submit(writer.perform, Deed(CLINIC, changes=(one,))) for one in words]
            time.sleep(0.2)  # both stand in line, and go together
            gate.set()
        assert [one.exception() for one in (before, *both)] == [None] * 3
        assert taken_back == ["a group"]
