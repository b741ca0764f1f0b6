"""The order of signs on a line, by hand-worked cases of Unicode Annex 9."""

import unicodedata

import pytest

from service.summary.bidi import levels, visual_order

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
}


@pytest.mark.parametrize(("typed", "seen"), CASES.values(), ids=CASES.keys())
def test_signs_stand_where_they_are_read(typed: str, seen: str) -> None:
    _, each = levels([unicodedata.bidirectional(sign) for sign in typed])
    assert "".join(typed[place] for place in visual_order(each)) == seen


def test_a_paragraph_goes_as_its_first_letter() -> None:
    assert levels(["WS", "R", "L"])[0] == 1
    assert levels(["EN", "L", "R"])[0] == 0
    assert levels([])[0] == 0
