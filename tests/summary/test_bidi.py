"""The order of signs on a line, by hand-worked cases of Unicode Annex 9."""

import unicodedata

import pytest

from service.summary.bidi import begins_right_to_left, has_points, levels, mirrored, visual_order

# Logical text (Hebrew letters as they are typed) and how it stands from left to right.
CASES = {
    "latin": ("abc 12", "abc 12"),
    "hebrew": ("אבג", "גבא"),
    "hebrew in latin": ("ab אבג cd", "ab גבא cd"),
    "latin in hebrew": ("אב cd גד", "דג cd בא"),
    "number in hebrew": ("אב 12 גד", "דג 12 בא"),
    "decimal": ("אב 1.5 גד", "דג 1.5 בא"),
    "percent": ("אב 50% גד", "דג 50% בא"),
    "stop at the end": ("אבג.", ".גבא"),
    "number in latin before hebrew": ("a 1 אב", "a 1 בא"),
    "arabic numbers": ("اب 12-13", "13-12 با"),
    "mark on its letter's side": ("א-1", "1-א"),
    # Brackets by rule N0; they turn around afterwards, as L4 has it.
    "brackets in hebrew": ("אב (גד) הו", "וה )דג( בא"),
    "brackets around latin at its end": ("אב a(b)", "a(b) בא"),
    "brackets around hebrew beside latin": ("אב a(ג)b", "b)ג(a בא"),
    "brackets around hebrew in latin": ("ab (אב) cd", "ab (בא) cd"),
    "brackets around nothing": ("אב () גד", "דג )( בא"),
    "a bracket alone": ("אב (cd", "cd( בא"),
    "brackets crossed": ("אב ([)] גד", "דג ])[( בא"),
}


@pytest.mark.parametrize(("typed", "seen"), CASES.values(), ids=CASES.keys())
def test_signs_stand_where_they_are_read(typed: str, seen: str) -> None:
    _, each = levels([unicodedata.bidirectional(sign) for sign in typed], typed)
    assert "".join(typed[place] for place in visual_order(each)) == seen


def test_a_paragraph_goes_as_its_first_letter() -> None:
    assert levels(["WS", "R", "L"])[0] == 1
    assert levels(["EN", "L", "R"])[0] == 0
    assert levels([])[0] == 0


def test_many_brackets_take_time_in_proportion() -> None:
    kinds = ["ON"] * 60_000 + ["R"]
    assert levels(kinds, "(" * 60_000 + "א")[0] == 1
    assert levels(kinds, "()" * 30_000 + "א")[0] == 1


def test_brackets_turn_around_and_letters_do_not() -> None:
    assert [mirrored(sign) for sign in "(«≤a"] == [")", "»", "≥", "a"]


def test_a_text_begins_from_the_side_of_its_first_letter() -> None:
    assert begins_right_to_left("12: (שלום) hello")
    assert not begins_right_to_left("hello שלום")
    assert not begins_right_to_left("12")


def test_points_are_marks_on_writing_from_right_to_left() -> None:
    assert has_points("שָׁלוֹם")
    assert not has_points("e\u0301")
    assert not has_points("e\u0301 שלום")
