"""The XHTML: strict, closed, still; and every answer comes back exactly (O-05)."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.summary.content import PatientHeader
from service.summary.renditions import Rendition, render
from tests.summary.courses import course, entry, infusion
from tests.summary.samples import answered
from tests.summary.taken_back import of_xhtml, typed

HOSTILE = "</p></blockquote><script>alert(1)</script> <img src='/etc/passwd'/> &amp; ]]> \" onload=\"x"


def page(*answers: str | None, **parts: object) -> str:
    return render(answered(*answers, **parts), Rendition.XHTML).decode("utf-8")


def test_it_is_strict_by_its_own_words_and_fetches_nothing() -> None:
    said = page("Calm.")
    assert said.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict'
    )
    rest = said.partition("<head>")[2]
    assert [
        word for word in ("src=", "href=", "url(", "<script", "<link", "@import", "<iframe") if word in rest
    ] == []


def test_every_tag_is_closed_and_every_name_is_text() -> None:
    """What is left open would be lost inside the record system."""
    patient = PatientHeader(HOSTILE, None, HOSTILE)
    said = page(
        HOSTILE, patient=patient, set_title=HOSTILE, clinic_name=HOSTILE, notice=HOSTILE, replaces=HOSTILE
    )
    taken = of_xhtml(said.encode())
    assert taken.answers == (HOSTILE,)
    assert taken.headings is not None
    assert taken.headings[0] == HOSTILE


def test_its_language_and_the_side_it_is_read_from_are_said() -> None:
    said = page("Bien.", "שלום\nhello\n\nשוב", language="es")
    root = ElementTree.fromstring(said)
    assert (root.get("lang"), root.get("{http://www.w3.org/XML/1998/namespace}lang")) == ("es", "es")
    assert '<p dir="rtl">שלום</p><p>hello<br /></p><p dir="rtl">שוב</p>' in said


def test_prompts_in_another_language_than_the_documents_say_so() -> None:
    one = infusion(1, entry(1, "Bien.", "Calma.", language="es"))
    said = render(course(one), Rendition.XHTML).decode("utf-8")
    assert '<blockquote><p xml:lang="es" lang="es">Bien.</p></blockquote>' in said


def test_what_it_replaces_stands_in_its_first_line() -> None:
    assert of_xhtml(page("x", replaces="urn:uuid:earlier").encode()).first.endswith(
        "version urn:uuid:earlier"
    )


@pytest.mark.parametrize("sign", ["\x00", "\x0b", "\x1f", "\ud83d", "\ufffe", "\uffff", "\u202e"])
def test_what_xml_cannot_hold_or_nobody_sees_is_a_code(sign: str) -> None:
    assert f"a[U+{ord(sign):04X}]b" in page(f"a{sign}b")


@given(words=st.text(max_size=200))
def test_every_answer_comes_back_exactly(words: str) -> None:
    made = render(answered("before", words, "after"), Rendition.XHTML)
    assert of_xhtml(made).answers == ("before", *([typed(words)] if words.strip() else []), "after")
