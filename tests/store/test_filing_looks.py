"""What is looked for in the record system, kinds in their lanes, the file in the form that was taken: on both sizes."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from service.journal.entries import FilingKind, FilingState
from service.store import filings
from service.store.deeds import (
    CancelFilings,
    Deed,
    KeepSummary,
    NoteLook,
    NoteSendStarted,
    QueueFiling,
    SaveEntryVersion,
    SettleFiling,
)
from service.store.engine import Store
from service.store.filing_looks import take_looks
from service.store.writer import Writer
from tests.store.builders import NOW, entry, filing
from tests.store.test_claiming import DUE, all_claims, claim, owe

DAY = timedelta(days=1)


def end(
    writer: Writer, clinic: str, name: str, state: FilingState, due_at: datetime = DUE, document: str = "doc"
) -> None:
    settled = SettleFiling(name, state, None, document, NOW, due_at)
    writer.perform(Deed(clinic, changes=(settled,)))


def queue(writer: Writer, clinic: str, name: str, kind: FilingKind, version: int) -> None:
    owed = replace(filing(name, "a", version), kind=kind)
    writer.perform(Deed(clinic, changes=(QueueFiling(owed),)))


def taken(writer: Writer, clinic: str, now: datetime = DUE, most: int = 9) -> list[str]:
    found = writer.run_alone(lambda connection: take_looks(connection, clinic, now, now + DAY, most))
    return [one.id for one in found]


def test_what_stands_there_or_is_held_is_looked_for_once_a_day(writer: Writer, clinic: str) -> None:
    for number, state in enumerate((FilingState.FILED, FilingState.HELD_THERE, FilingState.DUE)):
        owe(writer, clinic, f"entry-{number}")
        if state is not FilingState.DUE:
            end(writer, clinic, f"entry-{number}/1", state, DUE + timedelta(minutes=number))

    assert taken(writer, clinic, DUE - timedelta(seconds=1)) == []
    assert taken(writer, clinic, DUE + timedelta(minutes=5), most=1) == ["entry-0/1"]
    assert taken(writer, clinic, DUE + timedelta(minutes=5)) == ["entry-1/1"]
    assert taken(writer, clinic, DUE + timedelta(minutes=5)) == []
    assert taken(writer, clinic, DUE + timedelta(minutes=6) + DAY) == ["entry-0/1", "entry-1/1"]


@pytest.mark.parametrize(("is_sent", "expected"), [(True, ["a/1"]), (False, [])])
def test_what_is_parked_is_looked_for_where_it_may_stand_there(
    writer: Writer, clinic: str, is_sent: bool, expected: list[str]
) -> None:
    owe(writer, clinic, "a")
    if is_sent:
        writer.perform(Deed(clinic, changes=(NoteSendStarted("a/1", NOW),)))
    end(writer, clinic, "a/1", FilingState.PARKED)

    assert taken(writer, clinic) == expected


def test_what_was_entered_in_error_is_left_out(writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "a")
    end(writer, clinic, "a/1", FilingState.FILED)
    writer.perform(Deed(clinic, changes=(SaveEntryVersion(entry("a", 2)),)))
    queue(writer, clinic, "strike", FilingKind.STRIKE, 2)

    assert taken(writer, clinic) == []


def test_what_was_found_amiss_is_open_until_it_is_not(writer: Writer, store: Store, clinic: str) -> None:
    owe(writer, clinic, "a")
    end(writer, clinic, "a/1", FilingState.FILED)
    writer.perform(Deed(clinic, changes=(NoteLook("a/1", DUE, DUE + DAY, "missing-there"),)))
    (found,) = filings.open_filings(store, clinic, DUE)
    assert (found.trouble, found.looked_at, found.due_at) == ("missing-there", DUE, DUE + DAY)

    writer.perform(Deed(clinic, changes=(NoteLook("a/1", DUE + DAY, DUE + 2 * DAY, None),)))
    assert filings.open_filings(store, clinic, DUE) == []


def test_a_response_that_is_parked_holds_up_no_document(writer: Writer, clinic: str) -> None:
    owe(writer, clinic, "a")
    queue(writer, clinic, "response/1", FilingKind.RESPONSE, 1)
    end(writer, clinic, "response/1", FilingState.PARKED)
    owe(writer, clinic, "a", 2)
    queue(writer, clinic, "response/2", FilingKind.RESPONSE, 2)

    assert all_claims(writer, clinic) == ["a/1", "a/2"]


def test_a_strike_waits_for_what_is_due_and_ends_what_is_open(
    writer: Writer, store: Store, clinic: str
) -> None:
    owe(writer, clinic, "a")
    writer.perform(Deed(clinic, changes=(SaveEntryVersion(entry("a", 2)),)))
    queue(writer, clinic, "strike", FilingKind.STRIKE, 2)
    first = claim(writer, clinic)
    assert first is not None
    assert first.filing.id == "a/1"

    end(writer, clinic, "a/1", FilingState.PARKED)
    writer.run_alone(filings.free_every_lane)
    assert all_claims(writer, clinic) == ["strike"]
    writer.perform(Deed(clinic, changes=(CancelFilings("a", 2, "entered-in-error", DUE),)))

    owed = filings.of_one_entry(store, clinic, "a")
    assert [(one.state, one.reason) for one in owed] == [
        (FilingState.CANCELLED, "entered-in-error"),
        (FilingState.FILED, None),
    ]


def test_another_form_takes_the_place_of_the_one_that_nobody_took(
    writer: Writer, store: Store, clinic: str
) -> None:
    owe(writer, clinic, "a")
    for words, form in ((b"%PDF", "application/pdf"), (b"plain", "text/plain; charset=utf-8")):
        kept = KeepSummary("a/1", words, sha256(words).hexdigest(), form)
        writer.perform(Deed(clinic, changes=(kept,)))
    found = claim(writer, clinic)

    assert found is not None
    assert (found.summary, found.media_type) == (b"plain", "text/plain; charset=utf-8")
    assert filings.summary_of(store, clinic, "a/1") == b"plain"
