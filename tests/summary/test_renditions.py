"""The four forms of one summary: what each is called, that all say the same, and that text never fails (fault F5)."""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.summary.content import CannotRender, PatientHeader
from service.summary.problems import Cause
from service.summary.rendering import Limits, RenderingChild
from service.summary.renditions import Rendition, render
from tests.summary.courses import course, entry, infusion
from tests.summary.samples import answered
from tests.summary.taken_back import take_back
from tests.workflow.deciding import pdf_text

ANSWERS = ("Calm.\n\n\n\n\nAnd  tired\u200b [U+0041]", "Мне лучше, 我也是 😀", "שלום (abc)", "العربية لا")
every_form = pytest.mark.parametrize("rendition", Rendition)
any_text = st.text(st.characters(), max_size=60)


@pytest.fixture
def child() -> Iterator[RenderingChild]:
    one = RenderingChild(Limits())
    yield one
    one.close()


def test_each_has_the_media_type_that_record_systems_name() -> None:
    """U-04 and O-02."""
    assert {rendition: rendition.media_type for rendition in Rendition} == {
        Rendition.PDF: "application/pdf",
        Rendition.TEXT: "text/plain; charset=utf-8",
        Rendition.XHTML: "application/xhtml+xml; charset=utf-8",
        Rendition.RTF: "text/rtf",
    }


@every_form
def test_every_answer_is_taken_back_from_each(rendition: Rendition) -> None:
    assert take_back(rendition, render(answered(*ANSWERS), rendition)).answers == ANSWERS


@every_form
def test_why_a_version_was_made_stands_in_each_and_is_no_answer(rendition: Rendition) -> None:
    """Rule 17: in the patient's words, beside when they were written."""
    summary = answered(*ANSWERS, because="I mixed up the days", entry_version=2, replaces="urn:uuid:1")
    made = render(summary, rendition)
    assert take_back(rendition, made).answers == ANSWERS
    said = made if rendition is not Rendition.PDF else pdf_text(made).encode()
    assert b"Why it changed" in said
    assert b"I mixed up the days" in said


@every_form
def test_the_same_summary_gives_the_same_bytes(rendition: Rendition) -> None:
    summary = answered(*ANSWERS)
    assert render(summary, rendition) == render(replace(summary), rendition)


@every_form
@pytest.mark.parametrize("nothing", [None, "", " \n\t"])
def test_a_private_or_skipped_answer_leaves_no_quotation(rendition: Rendition, nothing: str | None) -> None:
    assert take_back(rendition, render(answered("One.", nothing), rendition)).answers == ("One.",)


@every_form
def test_the_child_gives_each_of_them(child: RenderingChild, rendition: Rendition) -> None:
    summary = answered(*ANSWERS)
    assert child.render(summary, 60.0, rendition) == render(summary, rendition)
    one = course(infusion(1, entry(1, *ANSWERS[:2])))
    assert child.render(one, 60.0, rendition) == render(one, rendition)


def test_text_is_made_while_the_child_stands_still(child: RenderingChild) -> None:
    """F5: where no PDF can be had, the text is what is filed."""
    child.render(answered("x"), 60.0)
    assert child.process_id is not None
    os.kill(child.process_id, signal.SIGSTOP)
    assert child.render(answered("Calm."), 0.1, Rendition.TEXT) == render(answered("Calm."), Rendition.TEXT)
    with pytest.raises(CannotRender):
        child.render(answered("x" * 300_000), 0.1)


def test_what_goes_wrong_in_a_text_says_no_word_of_it(child: RenderingChild) -> None:
    with pytest.raises(CannotRender) as refused:
        child.render(answered("secret", zone="Nowhere/secret"), 1.0, Rendition.TEXT)
    assert refused.value.cause is Cause.REFUSED
    assert "secret" not in repr(refused.value)
    assert refused.value.__suppress_context__


@settings(max_examples=100)
@given(text=any_text, name=any_text, language=st.sampled_from(["en", "es-MX", "", "zxx"]))
def test_no_text_and_no_name_makes_a_text_form_fail(text: str, name: str, language: str) -> None:
    patient = PatientHeader(name, None, name)
    summary = answered(
        text, patient=patient, set_title=name, clinic_name=name, language=language, replaces=name
    )
    for rendition in (Rendition.TEXT, Rendition.XHTML, Rendition.RTF):
        take_back(rendition, render(summary, rendition))


@every_form
def test_each_is_linear_in_what_it_says(rendition: Rendition) -> None:
    """Counted in what Python executes, not in seconds."""
    words = "a\u200bé (א) [U+ \n"
    render(answered(words), rendition)  # fonts are read once
    short, long = (_calls(words * times, rendition) for times in (300, 1_500))
    assert long < short * 5.5


def _calls(words: str, rendition: Rendition) -> int:
    counted = 0

    def count(*_: object) -> None:
        nonlocal counted
        counted += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        render(answered(words), rendition)
    finally:
        sys.setprofile(before)
    return counted
