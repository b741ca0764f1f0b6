"""Which shape Arabic letters take: hand-worked words, and that every letter stays what it was."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.summary.fonts import load_faces
from service.summary.joining import joined, shapes, typed_by

KNOWN = load_faces().shapes
# As Unicode names the shapes: I initial, M medial, F final, O isolated.
WORDS = {
    "a word that joins throughout": ("بيت", "IMF"),
    "alef joins to the letter before it only": ("باب", "IFO"),
    "letters that join to none after them": ("دار", "OOO"),
    "a letter by itself": ("ب", "O"),
    "beside latin": ("aب", "-O"),
    "marks are looked through": ("بَيت", "I-MF"),
    "a joiner lets it join": ("ب\u200d", "I-"),
    "a non-joiner keeps it apart": ("می\u200cخواهم", "IF-IFOIF"),
    "lam at the end": ("قال", "IFO"),
    "the stretch joins on both sides": ("بـب", "I-F"),
}
NAMES = {"<initial>": "I", "<medial>": "M", "<final>": "F", "<isolated>": "O"}


def shape_of(sign: str) -> str:
    return NAMES.get(unicodedata.decomposition(sign).partition(" ")[0], "-")


@pytest.mark.parametrize(("typed", "wanted"), WORDS.values(), ids=WORDS.keys())
def test_letters_take_the_shape_of_their_place(typed: str, wanted: str) -> None:
    assert "".join(map(shape_of, joined(typed, KNOWN))) == wanted


def test_lam_with_alef_is_one_sign() -> None:
    assert joined("لا", KNOWN) == "\ufefb"
    assert joined("سلام", KNOWN) == "\ufeb3\ufefc\ufee1"
    assert typed_by("\ufefc") == "لا"


def test_a_letter_without_shapes_stands_by_itself() -> None:
    """Its neighbours end before it rather than reach for it."""
    known = shapes(
        [point for point in range(0xFE70, 0xFEFD) if unicodedata.decomposition(chr(point))[-4:] != "064A"]
    )
    assert joined("بيت", known) == "\ufe8fي\ufe95"


@given(line=st.text(st.sampled_from("ابتدرسشعفقكلمنهويءآأؤإئى\u200c\u200dـَّ abc12"), max_size=30))
def test_every_letter_is_found_again(line: str) -> None:
    assert "".join(map(typed_by, joined(line, KNOWN))) == line


def test_what_is_not_arabic_stays() -> None:
    assert joined("hello שלום", KNOWN) == "hello שלום"
    assert typed_by("ﬁ") == "ﬁ"
