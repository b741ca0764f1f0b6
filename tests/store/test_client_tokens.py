"""Tokens that we gave out, and assertions that are good once: on both databases, and from several processes at once."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from service.store import audit_trail, client_tokens
from service.store.client_tokens import ClientToken, SpentAssertion
from service.store.engine import Store, open_store
from service.store.row_security import whole_clinic
from service.store.writer import Writer
from tests.store.builders import NOW, record, seal

SHOWN = SpentAssertion("siem", "jti-1", NOW + timedelta(minutes=5))
GIVEN = ClientToken("digest-1", "siem", "system/AuditEvent.rs", NOW + timedelta(minutes=5))


def spend(
    writer: Writer,
    clinic: str,
    shown: SpentAssertion = SHOWN,
    given: ClientToken | None = GIVEN,
    after: timedelta = timedelta(),
) -> bool:
    remembered = record(None, clinic)
    return writer.run_alone(
        lambda connection: client_tokens.spend(connection, clinic, shown, given, remembered, NOW + after)
    )


def rows(store: Store, clinic: str) -> tuple[int, int]:
    """How many tokens and used assertions there are."""
    with store.asking(whole_clinic(clinic)) as connection:
        tables = (client_tokens.client_tokens, client_tokens.client_assertions)
        return tuple(  # type: ignore[return-value]
            connection.scalar(select(func.count()).select_from(one).where(one.c.clinic == clinic))
            for one in tables
        )


@pytest.fixture
def second(store: Store) -> Iterator[Writer]:
    """The writer of another process, with connections of its own."""
    opened = open_store(store.writer_engine.url.render_as_string(hide_password=False), seal())
    writer = Writer(opened)
    writer.start()
    yield writer
    writer.stop()
    opened.close()


def test_a_token_is_known_to_its_clinic_alone(store: Store, writer: Writer, clinic: str) -> None:
    assert spend(writer, clinic)
    assert client_tokens.token(store, clinic, "digest-1") == GIVEN
    assert client_tokens.token(store, f"{clinic}-too", "digest-1") is None
    assert client_tokens.token(store, clinic, "digest-2") is None
    assert spend(writer, f"{clinic}-too")


def test_a_second_time_nothing_happens_at_all(store: Store, writer: Writer, clinic: str) -> None:
    assert spend(writer, clinic)
    assert not spend(writer, clinic, given=replace(GIVEN, digest="digest-2"))
    assert client_tokens.token(store, clinic, "digest-2") is None
    assert audit_trail.count(store, clinic) == 1


def test_two_clients_may_use_one_id(writer: Writer, clinic: str) -> None:
    assert spend(writer, clinic)
    assert spend(writer, clinic, replace(SHOWN, client_id="archive"), replace(GIVEN, digest="digest-2"))


def test_an_assertion_that_was_granted_nothing_is_used_up_as_well(
    store: Store, writer: Writer, clinic: str
) -> None:
    assert spend(writer, clinic, given=None)
    assert not spend(writer, clinic)
    assert rows(store, clinic) == (0, 1)


def test_what_expired_goes_and_what_has_not_stays(store: Store, writer: Writer, clinic: str) -> None:
    later = timedelta(minutes=4)
    assert spend(writer, clinic)
    fresh = replace(SHOWN, jti_digest="jti-2", expires_at=NOW + 2 * later)
    assert spend(writer, clinic, fresh, replace(GIVEN, digest="digest-2", expires_at=NOW + 2 * later), later)
    assert rows(store, clinic) == (2, 2)
    last = replace(fresh, jti_digest="jti-3", expires_at=NOW + 3 * later)
    assert spend(writer, clinic, last, None, timedelta(minutes=5))
    assert rows(store, clinic) == (1, 2)


def test_one_assertion_at_two_replicas_at_the_same_moment(
    store: Store, writer: Writer, second: Writer, clinic: str
) -> None:
    """C-32, T18: exactly one token and one record, whoever comes first."""
    for turn in range(50):
        shown, together = replace(SHOWN, jti_digest=f"jti-{turn}"), Barrier(2)

        def knock(
            one: Writer, name: str, shown: SpentAssertion = shown, together: Barrier = together
        ) -> bool:
            together.wait(10)
            return spend(one, clinic, shown, replace(GIVEN, digest=f"{shown.jti_digest} {name}"))

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(knock, (writer, second), ("one", "two")))
        assert sorted(answers) == [False, True]
    assert rows(store, clinic) == (50, 50)
    assert audit_trail.count(store, clinic) == 50


PROCESS = """
import sys, time
from datetime import timedelta
from service.store import client_tokens
from service.store.engine import open_store
from service.store.writer import Writer
from tests.store.builders import NOW, record, seal
from tests.store.test_client_tokens import GIVEN, SHOWN
from dataclasses import replace
store = open_store(sys.argv[1], seal())
writer = Writer(store)
writer.start()
print("ready", flush=True)
sys.stdin.readline()
given = replace(GIVEN, digest=sys.argv[2])
print(writer.run_alone(
    lambda one: client_tokens.spend(one, "marigold", SHOWN, given, record(None), NOW)), flush=True)
writer.stop()
"""


def test_one_assertion_in_four_processes(store_url: str) -> None:
    """Real processes: each is ready before the first is let go."""
    knocking = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, store_url, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    assert [one.stdout.readline() for one in knocking if one.stdout] == ["ready\n"] * 4
    for one in knocking:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60)[0].strip() for one in knocking]
    assert sorted(said) == ["False"] * 3 + ["True"]
