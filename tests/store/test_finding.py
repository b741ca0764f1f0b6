"""How new infusions are found: notices that wait for somebody to look, and one process at a time that searches."""

from datetime import datetime, timedelta

import pytest

from service.store import finding
from service.store.deeds import Change, Deed, DropNotices, KeepFinding, KeepNotice
from service.store.engine import Store
from service.store.finding import Finding, Notice, claim_finding
from service.store.writer import Writer
from tests.store.builders import NOW

LEASE = timedelta(minutes=2)
MINUTE = timedelta(minutes=1)


def do(writer: Writer, clinic: str, *changes: Change) -> None:
    writer.perform(Deed(clinic, changes=changes))


def claim(writer: Writer, clinic: str, minutes: int = 0, owner: str = "one") -> Finding | None:
    now = NOW + minutes * MINUTE
    return writer.run_alone(lambda connection: claim_finding(connection, clinic, now, LEASE, owner))


# --- notices -----------------------------------------------------------------------------------------------------


def test_notices_wait_in_the_order_in_which_they_came(store: Store, writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepNotice("late", NOW), KeepNotice("early", NOW - MINUTE), KeepNotice("last", NOW))
    both = (Notice("late", NOW), Notice("early", NOW - MINUTE))
    assert finding.take_notices(store, clinic, 2) == both
    assert finding.take_notices(store, clinic, 2) == both
    assert finding.take_notices(store, "elsewhere", 9) == ()


@pytest.mark.parametrize("again", [NOW - MINUTE, NOW, NOW + MINUTE])
def test_an_encounter_is_noted_once(store: Store, writer: Writer, clinic: str, again: datetime) -> None:
    do(writer, clinic, KeepNotice("e", NOW), KeepNotice("f", NOW))
    do(writer, clinic, KeepNotice("e", again))
    noted = finding.take_notices(store, clinic, 9)
    assert noted == (Notice("e", max(NOW, again)), Notice("f", NOW))


def test_a_notice_goes_when_somebody_looked(store: Store, writer: Writer, clinic: str) -> None:
    """What came again while they looked stays, and so does what nobody looked at."""
    for name in ("looked at", "again", "other"):
        do(writer, clinic, KeepNotice(name, NOW))
    do(writer, clinic, KeepNotice("again", NOW + MINUTE))
    do(writer, "elsewhere", DropNotices(("looked at",), NOW))
    do(writer, clinic, DropNotices(("looked at", "again", "unknown"), NOW))
    assert [one.encounter_id for one in finding.take_notices(store, clinic, 9)] == ["again", "other"]
    do(writer, clinic, DropNotices((), NOW + MINUTE))
    assert len(finding.take_notices(store, clinic, 9)) == 2


# --- the search --------------------------------------------------------------------------------------------------


def test_a_search_stands_nowhere_at_first(store: Store, writer: Writer, clinic: str) -> None:
    assert finding.finding_of(store, clinic) is None
    assert claim(writer, clinic) == Finding()
    assert finding.finding_of(store, clinic) == Finding()


def test_where_a_search_stands_is_kept(store: Store, writer: Writer, clinic: str) -> None:
    """What is not said stays: a notification and the worker speak of different things."""
    do(writer, clinic, KeepFinding(since=NOW, looked_at=NOW, due_at=NOW + MINUTE))
    do(writer, clinic, KeepFinding(last_event=7_000_000_000))
    stands = Finding(NOW, NOW, NOW + MINUTE, 7_000_000_000)
    assert finding.finding_of(store, clinic) == stands
    do(writer, clinic, KeepFinding(last_event=0))
    assert finding.finding_of(store, clinic) == Finding(NOW, NOW, NOW + MINUTE, 0)
    assert finding.finding_of(store, "elsewhere") is None
    assert claim(writer, clinic, 1) == Finding(NOW, NOW, NOW + MINUTE, 0)


def test_a_search_is_taken_when_it_is_due(writer: Writer, clinic: str) -> None:
    do(writer, clinic, KeepFinding(due_at=NOW + MINUTE))
    assert claim(writer, clinic) is None
    assert claim(writer, clinic, 1) is not None


def test_one_searches_at_a_time(writer: Writer, clinic: str) -> None:
    assert claim(writer, clinic, owner="one") is not None
    assert claim(writer, clinic, 1, "other") is None
    assert claim(writer, clinic, 1, "one") is None
    assert claim(writer, f"{clinic}-too", 1, "other") is not None
    assert claim(writer, clinic, 2, "other") is not None


def test_a_search_that_is_done_is_let_go(writer: Writer, clinic: str) -> None:
    """By whoever holds it: others' word of where it stands ends no lease."""
    claim(writer, clinic, owner="one")
    do(writer, clinic, KeepFinding(last_event=1), KeepFinding(last_event=2, owner="other"))
    assert claim(writer, clinic, owner="other") is None
    do(writer, clinic, KeepFinding(since=NOW, owner="one"))
    assert claim(writer, clinic, owner="other") == Finding(since=NOW, last_event=2)


def test_a_process_that_is_alone_takes_every_search_over(writer: Writer, clinic: str) -> None:
    claim(writer, clinic, owner="one")
    writer.run_alone(finding.end_every_lease)
    assert claim(writer, clinic, owner="other") is not None
