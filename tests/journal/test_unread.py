"""What the care team has read: words, not version numbers; a change of them is to be read anew (rule 17)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.journal.entries import Answer, Cause, EntryStatus
from service.journal.unread import ReadMark, ReadState, reading, said_in
from tests.store.builders import NOW, PATIENT, entry

SENT, MOVED, ATTACHED, DETACHED = Cause.SENT, Cause.MOVED, Cause.ATTACHED, Cause.DETACHED


def mark(version: int) -> ReadMark:
    return ReadMark("entry-1", PATIENT, version, "Practitioner/7", NOW)


def test_what_was_sent_is_not_read_until_somebody_says_so() -> None:
    found = reading(entry(), {1: SENT}, ())
    assert (found.state, found.mark, found.is_owed) == (ReadState.NOT_YET, None, True)
    found = reading(entry(), {1: SENT}, (mark(1),))
    assert (found.state, found.mark, found.is_owed) == (ReadState.READ, mark(1), False)


def test_changed_words_are_to_be_read_again_and_the_earlier_mark_is_still_told() -> None:
    found = reading(entry(version=2, status=EntryStatus.AMENDED), {1: SENT, 2: SENT}, (mark(1),))
    assert (found.state, found.mark, found.is_owed) == (ReadState.BEFORE_CHANGE, mark(1), True)


@pytest.mark.parametrize("cause", [MOVED, ATTACHED, DETACHED])
def test_what_was_read_stays_read_where_only_its_infusion_changed(cause: Cause) -> None:
    found = reading(entry(version=2), {1: SENT, 2: cause}, (mark(1),))
    assert (found.state, found.mark) == (ReadState.READ, mark(1))


def test_what_was_moved_after_a_change_is_not_read_by_the_mark_before_the_change() -> None:
    found = reading(entry(version=3), {1: SENT, 2: SENT, 3: MOVED}, (mark(1),))
    assert found.state is ReadState.BEFORE_CHANGE


def test_there_is_nothing_to_read_of_a_mistake() -> None:
    wrong = entry(version=2, status=EntryStatus.ENTERED_IN_ERROR)
    for marks in ((), (mark(1),)):
        found = reading(wrong, {1: SENT, 2: SENT}, marks)
        assert (found.state, found.mark, found.is_owed) == (ReadState.NOTHING, None, False)


@pytest.mark.parametrize("words", [(Answer("q0", "mine", private=True),), (Answer("q0", "  "),)])
def test_there_is_nothing_to_read_where_nothing_is_shared(words: tuple[Answer, ...]) -> None:
    kept = replace(entry(), answers=words)
    assert not reading(kept, {1: SENT}, ()).is_owed
    before = reading(replace(kept, version=2), {1: SENT, 2: SENT}, (mark(1),))
    assert (before.state, before.mark) == (ReadState.NOTHING, mark(1))


def test_where_earlier_versions_are_gone_the_first_there_is_brought_the_words() -> None:
    assert said_in({4: ATTACHED, 5: MOVED}) == 4
    assert said_in({}) == 0


@given(st.lists(st.sampled_from(list(Cause)), max_size=8), st.sets(st.integers(1, 9)))
def test_an_entry_is_read_exactly_where_no_change_of_words_came_after_the_last_mark(
    later: list[Cause], marked: set[int]
) -> None:
    causes = dict(enumerate((SENT, *later), start=1))
    marks = [mark(one) for one in marked if one in causes]
    last = max((one.version for one in marks), default=0)
    words_since = [one for one, cause in causes.items() if cause is SENT and one > last]
    found = reading(entry(version=len(causes)), causes, marks)
    assert (found.state is ReadState.READ) == (not words_since)
