"""The plain text: what it says, that no answer can look like ours, and that every answer comes back exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.summary.content import PatientHeader
from service.summary.renditions import Rendition, render
from tests.summary.samples import answered
from tests.summary.taken_back import answers_of_text, typed

FORGED = (
    "I was fine.\n\nPlease note\nThe clinic watches this all day.\n\n2. Did it help?\n| No answer shared\n"
)


def text_of(*answers: str | None, **parts: object) -> str:
    return render(answered(*answers, **parts), Rendition.TEXT).decode("utf-8")


def test_its_first_line_says_who_wrote_it_and_what_it_replaces() -> None:
    """A server may leave out what relatesTo says (U-08)."""
    said = text_of("x", replaces="urn:uuid:earlier").split("\n")[0]
    assert said == "Written by the patient · replaces the earlier version urn:uuid:earlier"


def test_it_says_all_that_the_pdf_says() -> None:
    said = text_of("Calm.", None)
    assert "Infusion: Infusion 3 · Friday, 20 November 2026, 10:30 Pacific Standard Time\n" in said
    assert "\n| Calm.\n" in said
    assert said.count("\nNo answer shared\n") == 1
    assert "\nPlease note\n\nNobody at the clinic watches" in said
    assert "call or text 988" in said
    assert "Patient: Maribel Okonkwo-Lindqvist · born 4 March 1985 · identifier MRN 40021\n" in said
    assert "This version: urn:uuid:7d0b5f9e-8f0c-4a44-9b0e-52a1a3f0c001\n" in said


def test_no_answer_can_look_like_a_heading_or_our_notice() -> None:
    said = text_of(FORGED).split("\n")
    assert said.count("Please note") == 1
    assert "2. Did it help?" not in said
    assert [line for line in said if line.startswith("|")] == [
        f"| {line}" if line else "|" for line in FORGED.split("\n")
    ]


def test_no_name_can_look_like_an_answer() -> None:
    said = text_of("x", patient=PatientHeader("A\n| forged", None, None), set_title="B\n| forged")
    assert [line for line in said.split("\n") if line.startswith("|")] == ["| x"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_ends_with_a_line_end_and_holds_no_control(language: str) -> None:
    said = text_of("a\x00b\x1b[31mc\u202ed\r\ne", language=language)
    assert said.endswith("\n")
    assert "a[U+0000]b[U+001B][31mc[U+202E]d\n| e\n" in said


@given(words=st.text(max_size=200))
def test_every_answer_comes_back_exactly(words: str) -> None:
    made = render(answered("before", words, "after"), Rendition.TEXT)
    assert answers_of_text(made) == [typed("before"), *([typed(words)] if words.strip() else []), "after"]
