"""The tags of the PDF: what a screen reader hears, in which order, and what it can jump to."""

import io

import pytest
from pypdf import PdfReader

from service.summary.renditions import Rendition
from service.summary.renditions import render as rendered
from service.summary.tagging import LONGEST_TEXT
from tests.summary.courses import course, entry, infusion
from tests.summary.samples import PROMPTS, answered, render
from tests.summary.tags_reading import elements
from tests.summary.taken_back import of_pdf


def kinds(pdf: bytes) -> list[str]:
    return [one.kind for one in elements(pdf)]


def catalog(pdf: bytes) -> dict[str, object]:
    return dict(PdfReader(io.BytesIO(pdf)).trailer["/Root"].get_object())


def test_headings_paragraphs_and_quotations_follow_the_order_of_reading() -> None:
    assert kinds(render(answered("Calm.", None))) == [
        *("P", "H1", "P", "P"),
        *("H2", "BlockQuote", "H2", "P"),
        *("H2", "P", "P"),
        *("H2", "P", "P", "P", "P", "P", "P", "P"),
    ]


def test_no_level_of_headings_is_left_out_in_a_series() -> None:
    made = rendered(course(infusion(1, entry(1, "a", "b")), infusion(2, entry(2, "c", "d"))), Rendition.PDF)
    assert [kind for kind in kinds(made) if kind.startswith("H")] == [
        *("H1", "H2", "H3", "H4", "H4"),
        *("H2", "H3", "H2", "H3", "H2", "H2"),
    ]


def test_it_says_it_is_tagged_shows_its_title_and_names_its_language() -> None:
    said = catalog(render(answered("x", language="es")))
    assert said["/MarkInfo"].get_object()["/Marked"]  # type: ignore[attr-defined] # pypdf's objects
    assert said["/ViewerPreferences"].get_object()["/DisplayDocTitle"]  # type: ignore[attr-defined]
    assert said["/Lang"] == "es"


def test_the_head_and_foot_of_pages_are_not_read_out() -> None:
    heard = " ".join(one.text for one in elements(render(answered("word " * 3000))))
    assert "Page 1 of" not in heard
    assert heard.count("Maribel Okonkwo-Lindqvist") == 1


def test_labels_are_words_of_their_own() -> None:
    heard = [one.text for one in elements(render(answered("x")))]
    assert f"1. {PROMPTS[0]}" in heard
    assert "Clinic Marigold Ketamine Clinic" in heard


@pytest.mark.parametrize(
    "words",
    [
        "One line.\nAnother.\n\n\n\n\nAfter empty ones.\n\n",
        "wide    gap\tand tab ",
        "self-compassion " * 200,
        "\u00a0no break\u00a0",
        "אני מרגיש (טוב) 12:30",
        "Q\ufb59I \u00e9 a shape that was typed",
        "a ب b",
        "我觉得 [U+0041] \u202e\x00",
        "q" * 20_000,
        "🌊" * 9_000,
        "a\u200b" * (LONGEST_TEXT + 5),
        "x\n" * 3000,
    ],
)
def test_an_answer_is_heard_sign_by_sign_as_it_was_typed(words: str) -> None:
    assert of_pdf(render(answered("before", words, "after"))).answers == ("before", words, "after")


def test_an_answer_over_pages_stays_one_quotation() -> None:
    made = render(answered("word " * 3000 + "end"))
    assert len(PdfReader(io.BytesIO(made)).pages) > 3
    (quotation,) = [one for one in elements(made) if one.kind == "BlockQuote"]
    assert quotation.parts == ("word " * 3000 + "end",)


def test_bookmarks_lead_to_title_prompts_and_notice() -> None:
    reader = PdfReader(io.BytesIO(render(answered("word " * 3000, "b\u202e"))))
    title, under = reader.outline
    assert title.title == "After Infusion 3: Exploring Lifestyle Adjustments"  # type: ignore[union-attr]
    assert (
        [one.title for one in under]
        == [  # type: ignore[union-attr]
            *(f"{number}. {text}" for number, text in enumerate(PROMPTS[:2], 1)),
            "Please note",
            "About this document",
        ]
    )
    pages = [reader.get_destination_page_number(one) for one in under]  # type: ignore[union-attr, arg-type]
    assert pages == sorted(pages)
    assert pages[-1] == len(reader.pages) - 1
