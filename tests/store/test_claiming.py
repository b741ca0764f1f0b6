"""The outbox: one patient's lane at a time, versions in order, every later write fenced (fault matrix section 2)."""

import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import Connection, text

from service.journal.entries import FilingState
from service.store import filings
from service.store.deeds import (
    Deed,
    FilingNeverSent,
    GuardFailed,
    KeepSummary,
    LaneIsHeld,
    NoteSendStarted,
    PostponeFiling,
    QueueFiling,
    ReleaseLane,
    SaveEntryVersion,
    SettleFiling,
)
from service.store.engine import Store, open_store
from service.store.filings import Claimed, HeldLane, claim_next
from service.store.row_security import tell, whole_clinic
from service.store.writer import Writer
from tests.store.builders import NOW, PATIENT, context, entry, filing, seal

LEASE = timedelta(minutes=2)
DUE = NOW + timedelta(minutes=1)


def claim(
    writer: Writer,
    clinic: str,
    now: datetime = DUE,
    owner: str = "worker-1",
    over: Callable[[list[HeldLane]], Collection[HeldLane]] = lambda _: (),
) -> Claimed | None:
    return writer.run_alone(
        lambda connection: claim_next(connection, seal(), clinic, now, LEASE, owner, over)
    )


def owe(
    writer: Writer, clinic: str, name: str, version: int = 1, patient: str = PATIENT, minutes: int = 0
) -> None:
    """The version of an entry, and its filing "<entry>/<version>"."""
    new = entry(name, version, patient)
    owed = filing(f"{name}/{version}", name, version, patient, NOW + timedelta(minutes=minutes))
    writer.perform(Deed(clinic, changes=(SaveEntryVersion(new), QueueFiling(owed))))


def settle(writer: Writer, clinic: str, claimed: Claimed, state: FilingState = FilingState.FILED) -> None:
    held = LaneIsHeld(claimed.filing.patient_id, claimed.fence)
    done = SettleFiling(claimed.filing.id, state, None, "doc", DUE)
    released = ReleaseLane(claimed.filing.patient_id, claimed.fence)
    writer.perform(Deed(clinic, (held,), (done, released)))


def all_claims(writer: Writer, clinic: str, now: datetime = DUE) -> list[str]:
    """Everything that can be filed, in the order in which it is claimed."""
    order = []
    while (claimed := claim(writer, clinic, now)) is not None:
        order.append(claimed.filing.id)
        settle(writer, clinic, claimed)
    return order


def test_there_is_nothing_to_claim_at_first(writer: Writer, clinic: str) -> None:
    assert claim(writer, clinic) is None


def test_a_claim_says_all_that_delivery_needs(writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "a")
    expected = replace(filing("a/1", "a"), due_at=NOW)
    assert claim(writer, clinic) == Claimed(expected, 1, DUE + LEASE, None, None)


def test_what_is_not_due_yet_waits(writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "a", minutes=30)
    assert claim(writer, clinic) is None
    assert claim(writer, clinic, NOW + timedelta(minutes=30)) is not None


def test_another_clinics_filing_is_not_claimed(writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "a")
    assert claim(writer, "elsewhere") is None


def test_one_filing_in_flight_per_patient(writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "a")
    owe(writer, clinic, "b")
    owe(writer, clinic, "c", patient="bo")
    first, second = claim(writer, clinic), claim(writer, clinic)
    assert first is not None
    assert second is not None
    assert {first.filing.id, second.filing.id} == {"a/1", "c/1"}
    assert claim(writer, clinic) is None


def test_filings_go_in_the_order_in_which_they_were_owed(writer: Writer, clinic: str) -> None:
    for name, version in (("a", 1), ("b", 1), ("a", 2), ("a", 3)):
        owe(writer, clinic, name, version)
    assert all_claims(writer, clinic) == ["a/1", "b/1", "a/2", "a/3"]


def test_who_waited_longest_comes_first(writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "late", patient="bo", minutes=1)
    owe(writer, clinic, "early", patient="cy", minutes=0)
    assert all_claims(writer, clinic) == ["early/1", "late/1"]


@pytest.mark.parametrize("state", [FilingState.PARKED, FilingState.REFUSED, FilingState.WAITING])
def test_an_unsettled_version_holds_its_later_ones_only(
    writer: Writer, clinic: str, state: FilingState
) -> None:
    for name, version in (("a", 1), ("a", 2), ("b", 1)):
        owe(writer, clinic, name, version)
    claimed = claim(writer, clinic)
    assert claimed is not None
    settle(writer, clinic, claimed, state)
    assert all_claims(writer, clinic) == ["b/1"]
    writer.perform(Deed(clinic, changes=(PostponeFiling("a/1", NOW, 0, "asked for again"),)))
    assert all_claims(writer, clinic) == ["a/1", "a/2"]


def test_a_postponed_version_holds_its_later_ones(writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "a")
    owe(writer, clinic, "a", 2)
    writer.perform(Deed(clinic, changes=(PostponeFiling("a/1", DUE + timedelta(hours=1), 1, "silent"),)))
    assert all_claims(writer, clinic) == []
    assert all_claims(writer, clinic, DUE + timedelta(hours=1)) == ["a/1", "a/2"]


def test_a_waiting_version_goes_when_an_attached_one_takes_its_place(writer: Writer, clinic: str) -> None:
    """Rule 11: it is never claimed; cancelled in the deed that owes the version with an encounter, it holds nobody."""
    new, attached = entry("a"), entry("a", 2, encounter="enc-1")
    waits = replace(filing("a/1", "a"), state=FilingState.WAITING)
    writer.perform(Deed(clinic, changes=(SaveEntryVersion(new), QueueFiling(waits))))
    assert claim(writer, clinic, NOW + timedelta(days=300)) is None
    cancelled = SettleFiling("a/1", FilingState.CANCELLED, "attached", None, DUE)
    owed = (SaveEntryVersion(attached), cancelled, QueueFiling(filing("a/2", "a", 2)))
    writer.perform(Deed(clinic, (FilingNeverSent("a/1"),), owed))
    assert all_claims(writer, clinic) == ["a/2"]


def first_try(
    writer: Writer, store: Store, clinic: str, *changes: NoteSendStarted | PostponeFiling
) -> object:
    """When the filing "a/1" was first tried, after these changes."""
    for change in changes:
        writer.perform(Deed(clinic, changes=(change,)))
    return filings.of_entry(store, context(clinic=clinic), "a")[0].first_tried_at


def test_the_first_attempt_is_remembered(store: Store, writer: Writer, clinic: str) -> None:
    """Whatever follows it, known or unknown: giving up counts from there."""
    owe(writer, clinic, "a")
    later = DUE + timedelta(hours=1)
    assert first_try(writer, store, clinic, PostponeFiling("a/1", NOW, 0, "quiet")) is None
    assert first_try(writer, store, clinic, NoteSendStarted("a/1", DUE)) == DUE
    again = (NoteSendStarted("a/1", None), PostponeFiling("a/1", NOW, 1, "silent", later))
    assert first_try(writer, store, clinic, *again, NoteSendStarted("a/1", later)) == DUE
    claimed = claim(writer, clinic)
    assert claimed is not None
    assert claimed.filing.first_tried_at == DUE


def test_an_attempt_that_sent_nothing_is_a_first_one_too(store: Store, writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "a")
    assert first_try(writer, store, clinic, PostponeFiling("a/1", NOW, 1, "silent", DUE)) == DUE
    assert first_try(writer, store, clinic, PostponeFiling("a/1", NOW, 2, "silent", NOW + LEASE)) == DUE


@pytest.mark.parametrize("state", [FilingState.PARKED, FilingState.REFUSED])
def test_what_a_person_sends_again_begins_anew(
    store: Store, writer: Writer, clinic: str, state: FilingState
) -> None:
    owe(writer, clinic, "a")
    claimed = claim(writer, clinic)
    assert claimed is not None
    first_try(writer, store, clinic, NoteSendStarted("a/1", NOW))
    settle(writer, clinic, claimed, state)
    assert first_try(writer, store, clinic, PostponeFiling("a/1", NOW, 0, None)) is None
    assert first_try(writer, store, clinic, NoteSendStarted("a/1", DUE)) == DUE


def test_a_later_version_replaces_the_newest_document_that_is_there(
    store: Store, writer: Writer, clinic: str
) -> None:
    ends = (
        (FilingState.FILED, "doc-1"),
        (FilingState.HELD_THERE, "doc-2"),
        (FilingState.HELD_THERE, None),
        (FilingState.CANCELLED, None),
        (FilingState.REFUSED, "doc-5"),
        (FilingState.FILED, "doc-6"),
    )
    for version, (state, document) in enumerate(ends, 1):
        owe(writer, clinic, "a", version)
        writer.perform(Deed(clinic, changes=(SettleFiling(f"a/{version}", state, None, document, DUE),)))
    found = [filings.predecessor(store, clinic, "a", version) for version in range(1, 8)]
    assert [one and one.document_id for one in found] == [
        None, "doc-1", "doc-2", "doc-2", "doc-2", "doc-2", "doc-6",
    ]  # fmt: skip
    assert filings.predecessor(store, clinic, "b", 7) is None
    assert filings.predecessor(store, "elsewhere", "a", 7) is None


def test_what_came_before_is_handed_on(writer: Writer, clinic: str) -> None:
    """A send nobody knows the end of, and the bytes that were rendered: the next worker gets both."""
    owe(writer, clinic, "a")
    first = claim(writer, clinic)
    assert first is not None
    pdf = b"%PDF-1.7 the same bytes"
    kept = KeepSummary("a/1", pdf, sha256(pdf).hexdigest())
    writer.perform(Deed(clinic, (LaneIsHeld(PATIENT, first.fence),), (kept, NoteSendStarted("a/1", DUE))))
    second = claim(writer, clinic, DUE + LEASE, over=lambda held: held)
    assert second is not None
    assert (second.send_started_at, second.summary, second.fence) == (DUE, pdf, first.fence + 1)


def test_a_lease_that_ran_out_goes_to_another_worker(writer: Writer, clinic: str) -> None:
    """F4: the worker that was paused can neither settle nor give back what is another's now."""
    owe(writer, clinic, "a")
    paused = claim(writer, clinic, owner="paused")
    assert paused is not None
    assert (
        claim(writer, clinic, DUE + 100 * LEASE) is None
    )  # the clock on the wall may say what it likes (F55)
    assert claim(writer, clinic, DUE + LEASE, over=lambda _: [HeldLane(PATIENT, paused.fence - 1)]) is None
    awake = claim(writer, clinic, DUE + LEASE, owner="awake", over=lambda held: held)
    assert awake is not None
    with pytest.raises(GuardFailed):
        settle(writer, clinic, paused)
    writer.perform(Deed(clinic, changes=(ReleaseLane(PATIENT, paused.fence),)))
    writer.perform(Deed(clinic, (LaneIsHeld(PATIENT, awake.fence),)))
    settle(writer, clinic, awake)


def test_a_lane_given_back_is_not_held(writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "a")
    claimed = claim(writer, clinic)
    assert claimed is not None
    settle(writer, clinic, claimed)
    with pytest.raises(GuardFailed):
        writer.perform(Deed(clinic, (LaneIsHeld(PATIENT, claimed.fence),)))


@contextmanager
def writers(store: Store, count: int) -> Iterator[list[Writer]]:
    """Writers with connections of their own, as separate processes have."""
    stores = [
        open_store(store.writer_engine.url.render_as_string(hide_password=False), seal())
        for _ in range(count)
    ]
    started = [Writer(one) for one in stores]
    for one in started:
        one.start()
    yield started
    for one, opened in zip(started, stores, strict=True):
        one.stop()
        opened.close()


def test_many_workers_never_share_a_patient(store: Store, writer: Writer, clinic: str) -> None:
    """F37: four workers, five patients of four filings each: each filed once, never two of a patient at a time."""
    for number in range(20):
        owe(writer, clinic, f"e{number:02}", patient=f"p{number % 5}")
    in_flight: set[str] = set()
    filed: list[str] = []
    doubled: list[str] = []
    lock = threading.Lock()

    def work(own: Writer) -> None:
        idle = 0
        while idle < 20:
            claimed = claim(own, clinic)
            if claimed is None:
                idle += 1
                threading.Event().wait(0.005)
                continue
            patient = claimed.filing.patient_id
            with lock:
                if patient in in_flight:
                    doubled.append(patient)
                in_flight.add(patient)
                filed.append(claimed.filing.id)
            threading.Event().wait(0.002)
            with lock:
                in_flight.discard(patient)
            settle(own, clinic, claimed)

    with writers(store, 4) as several, ThreadPoolExecutor(4) as pool:
        list(pool.map(work, several))
    assert doubled == []
    assert sorted(filed) == [f"e{number:02}/1" for number in range(20)]


def test_what_a_later_version_alone_knows_is_left_to_it(store: Store, writer: Writer, clinic: str) -> None:
    """F36: replicas are replaced one by one, and the newer ones owe what this one has no name for."""
    owe(writer, clinic, "later")
    owe(writer, clinic, "known", minutes=1)
    renamed = text(
        "UPDATE filings SET kind = 'of-a-later-version' WHERE entry_id = 'later' AND clinic = :clinic"
    )

    def rename(connection: Connection) -> None:
        tell(connection, whole_clinic(clinic))
        connection.execute(renamed, {"clinic": clinic})

    writer.run_alone(rename)

    claimed = claim(writer, clinic)
    assert claimed is not None
    assert claimed.filing.entry_id == "known"
    settle(writer, clinic, claimed)
    assert claim(writer, clinic) is None
    assert [one.entry_id for one in filings.of_one_entry(store, clinic, "later")] == []
