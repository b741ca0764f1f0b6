"""Entries as values: what is sent, what is private, what is empty (rules 13 to 17)."""

import pytest

from service.journal.entries import Answer, EntryStatus, Link, is_empty, shared_answers
from tests.journal.writing import draft, entry


@pytest.mark.parametrize(
    ("status", "is_sent"),
    [
        (EntryStatus.IN_PROGRESS, False),
        (EntryStatus.STOPPED, False),
        (EntryStatus.COMPLETED, True),
        (EntryStatus.AMENDED, True),
        (EntryStatus.ENTERED_IN_ERROR, True),
    ],
)
def test_only_what_was_sent_may_be_seen_by_others(status: EntryStatus, is_sent: bool) -> None:
    assert status.is_sent is is_sent


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u00a0\u2003"])
def test_white_space_is_no_answer(text: str) -> None:
    assert Answer("q", text).is_blank


def test_a_private_answer_looks_to_others_like_a_skipped_one() -> None:
    private = (Answer("a", "sea"), Answer("b", "secret", private=True))
    skipped = (Answer("a", "sea"), Answer("b", ""))

    assert shared_answers(private) == shared_answers(skipped) == {"a": "sea"}


def test_an_entry_with_only_private_words_is_not_empty() -> None:
    assert not is_empty((Answer("a", "secret", private=True),))
    assert is_empty((Answer("a", " ", private=True), Answer("b", "")))
    assert is_empty(())


def test_the_identifier_is_the_same_in_every_version() -> None:
    assert (
        entry(Link(), 1, key="k").identifier
        == entry(Link(), 1, key="k", version=2).identifier
        == "urn:uuid:k"
    )


def test_a_draft_begins_in_progress() -> None:
    assert draft(Link(), 1).status is EntryStatus.IN_PROGRESS
