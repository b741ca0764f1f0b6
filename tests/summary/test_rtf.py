"""The RTF: plain ASCII, balanced, nothing in it but text; and every answer comes back exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.summary.content import PatientHeader
from service.summary.renditions import Rendition, render
from tests.summary.rtf_reading import NotRtf, paragraphs
from tests.summary.samples import answered
from tests.summary.taken_back import of_rtf, typed

HOSTILE = (
    r"}{\rtf1 \par \pard \u8364? \'e4 \bin5 abcde {\*\shppict} \object {\field{\*\fldinst HYPERLINK x}} \\"
)


def document(*answers: str | None, **parts: object) -> bytes:
    return render(answered(*answers, **parts), Rendition.RTF)


def test_it_is_ascii_and_its_groups_are_balanced() -> None:
    made = document("Мне лучше 🌊", "שלום", HOSTILE)
    assert made.isascii()
    assert of_rtf(made).answers == ("Мне лучше 🌊", "שלום", HOSTILE)


def test_no_name_and_no_answer_begins_a_control_word() -> None:
    patient = PatientHeader(HOSTILE, None, HOSTILE)
    made = document(HOSTILE, patient=patient, set_title=HOSTILE, clinic_name=HOSTILE, notice=HOSTILE)
    taken = of_rtf(made)
    assert taken.answers == (HOSTILE,)
    assert taken.headings is not None
    assert taken.headings[0] == HOSTILE
    for word in (rb"\object", rb"\bin5", rb"\field", rb"\*"):
        assert made.count(word) == made.count(b"\\" + word)


@pytest.mark.parametrize(
    ("sign", "written"),
    [("é", rb"\u233?"), ("ﬁ", rb"\u-1279?"), ("🌊", rb"\u-10180?\u-8438?"), ("{", rb"\{"), ("\t", rb"\tab ")],
)
def test_signs_are_written_by_their_numbers(sign: str, written: bytes) -> None:
    assert b" a" + written + rb"b\par" in document(f"a{sign}b")


def test_a_line_that_begins_from_the_right_is_a_paragraph_from_the_right() -> None:
    made = document("שלום\nhello")
    assert rb"\rtlpar\qr\ri440\brdrr" in made
    assert rb"\ltrpar\ql\li440\brdrl" in made


def test_every_page_says_who_wrote_it_and_whose_it_is() -> None:
    """W-05."""
    head = document("x").partition(rb"{\header")[2].partition(b"\n")[0]
    assert b"Written by the patient" in head
    assert b"Maribel Okonkwo-Lindqvist" in head


@pytest.mark.parametrize("spoiled", [b"{\\rtf1 x", b"{\\rtf1 x}}", b"<html>", b"{\\rtf1 \\"])
def test_the_reader_refuses_what_is_no_rtf(spoiled: bytes) -> None:
    with pytest.raises(NotRtf):
        paragraphs(spoiled)


@given(words=st.text(max_size=200))
def test_every_answer_comes_back_exactly(words: str) -> None:
    made = render(answered("before", words, "after"), Rendition.RTF)
    assert of_rtf(made).answers == ("before", *([typed(words)] if words.strip() else []), "after")
