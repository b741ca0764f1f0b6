"""What every page keeps to, whatever it shows: safe, labelled, truthful about who watches."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, render_template

from service import paths
from tests.pages import samples
from tests.pages.markup import Markup
from tests.pages.preview import PAGES, PATIENTS, WATCHED, context

Show = Callable[[str], Markup]
SOURCES = sorted(path for path in paths.templates().rglob("*.html") if "summary" not in path.parts)
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{ 7 * 7 }}</textarea>"
every_page = pytest.mark.parametrize("page_name", PAGES)


@every_page
def test_nothing_is_inline(shown: Show, page_name: str) -> None:
    """The content policy allows neither inline script nor style, and no event attribute (T29)."""
    markup = shown(page_name)
    assert all("src" in script for script in markup.all("script"))
    assert not list(markup.all("style"))
    named = {name for _, attributes in markup.elements for name in attributes}
    assert not {name for name in named if name == "style" or name.startswith("on")}


@every_page
def test_everything_comes_from_here(shown: Show, page_name: str) -> None:
    """No script, picture, font or form leads to another host (T32)."""
    addresses = [
        value
        for _, attributes in shown(page_name).elements
        for name, value in attributes.items()
        if name in ("src", "href", "action") and value
    ]
    assert not [one for one in addresses if "//" in one or one.startswith(("javascript:", "data:"))]


@every_page
def test_each_posted_form_carries_the_token(shown: Show, page_name: str) -> None:
    posted = [form for form in shown(page_name).forms if form.attributes.get("method") == "post"]
    assert all(form.fields.get("csrf") == "csrf-of-this-session" for form in posted)


@every_page
def test_each_control_has_a_label_of_its_own(shown: Show, page_name: str) -> None:
    assert shown(page_name).unlabelled() == []


@every_page
def test_one_heading_a_title_a_language_and_no_id_twice(shown: Show, page_name: str) -> None:
    markup = shown(page_name)
    assert len(list(markup.all("h1"))) == 1
    assert markup.text.split(" – ")[0].strip()
    assert next(markup.all("html"))["lang"] == "en"
    ids = [attributes["id"] for _, attributes in markup.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@every_page
def test_the_banner_names_the_patient(shown: Show, page_name: str) -> None:
    text = shown(page_name).text
    assert "Maribel Okonkwo-Lindqvist" in text
    assert "Born 4 March 1985" in text
    assert "MRN 40021" in text


@every_page
def test_the_demonstration_says_so(shown: Show, page_name: str) -> None:
    assert "Demonstration with invented people" in shown(page_name).text


@pytest.mark.parametrize("page_name", [*WATCHED, "problem-kept"])
def test_nobody_watches_and_who_to_call(shown: Show, page_name: str) -> None:
    """The notice and the crisis line stand wherever someone writes, checks or has sent (rule 6)."""
    markup = shown(page_name)
    assert samples.CLINIC.notice in markup.text
    assert samples.CLINIC.crisis_line in markup.text
    assert {"tel:988", "tel:911"} <= {link.get("href") for link in markup.all("a")}


@pytest.mark.parametrize("page_name", ["home", "prompt-first"])
def test_who_reads_it_is_said_before_the_first_word(app: Flask, page_name: str) -> None:
    html = app.test_client().get(f"/show/{page_name}").text
    assert "Who reads this?" in html
    assert "patient portal" in html
    before = html.find("Who reads this?")
    assert page_name == "home" or before < html.find("<textarea")


@pytest.mark.parametrize("page_name", PATIENTS)
def test_no_counting_and_no_praise(shown: Show, page_name: str) -> None:
    """No pressure: no "2 of 5", no percent, no streak, no praise on a patient's page."""
    words = shown(page_name).text.lower()
    assert not re.search(r"\d+ of \d+|\d ?%|streak|well done|great job|congrat|score", words)


@pytest.mark.parametrize("page_name", ["prompt-first", "prompt", "all", "conflict", "problem-kept"])
def test_browsers_do_not_remember_answers(shown: Show, page_name: str) -> None:
    """T30: no autofill keeps an answer on a shared device."""
    assert all(one.get("autocomplete") == "off" for one in shown(page_name).all("textarea"))


def test_a_prompt_offers_each_way_on(shown: Show) -> None:
    ways = {one.get("value") for one in shown("prompt").all("button") if one.get("name") == "go"}
    assert ways == {"next", "skip", "back", "save", "all", "check", "stop"}


def test_enter_in_a_form_never_stops_or_skips(shown: Show) -> None:
    """The first submit button is what Enter presses: it must lose nothing and lead nowhere."""
    (form,) = [one for one in shown("prompt").forms if one.attributes.get("id") == "writing"]
    first = next(
        one for tag, one in form.controls if tag == "button" and one.get("type", "submit") == "submit"
    )
    assert first.get("value") == "save"


def test_a_blank_entry_cannot_be_sent(shown: Show) -> None:
    markup = shown("check-nothing")
    assert "Nothing is written yet" in markup.text
    assert not [form for form in markup.forms if (form.attributes["action"] or "").endswith("/send")]
    assert [form for form in markup.forms if (form.attributes["action"] or "").endswith("/stop")]


def test_an_entry_kept_private_is_not_said_to_be_filed(shown: Show) -> None:
    assert "Nothing of it goes into your record" in shown("check-private").text
    assert "part of your record at Marigold Ketamine Clinic. This can take" not in shown("check-private").text


@pytest.mark.parametrize(
    ("page_name", "words"),
    [
        ("receipt-sent", "On its way to your record."),
        ("receipt-filed", "In your record since Friday, 20 November 2026, 15:30 Pacific Standard Time."),
        ("receipt-held", "Held for review there."),
        ("receipt-missing", "Not yet in your record. Your clinic can see this."),
        ("receipt-kept", "In your journal only."),
    ],
)
def test_a_receipt_says_what_is_so(shown: Show, page_name: str, words: str) -> None:
    assert words in shown(page_name).text


@pytest.mark.parametrize("page_name", ["receipt-sent", "receipt-held", "receipt-missing", "receipt-kept"])
def test_nothing_is_said_to_be_filed_before_it_is(shown: Show, page_name: str) -> None:
    assert "In your record since" not in shown(page_name).text


def test_the_course_reads_in_the_clinics_words(shown: Show) -> None:
    text = shown("home").text
    for words in (
        "Ready",
        "In progress",
        "Not today",
        "Not yet in your record (your clinic can see this)",
        "In your record since Friday, 20 November 2026",
        "Held for review there",
        "Not yet",
        "No prompts for this visit",
        "Your clinic is sorting out one visit",
    ):
        assert words in text


def test_a_clinician_never_learns_of_drafts(shown: Show) -> None:
    """Drafts are the patient's alone (rule 13): begun, put off or never begun look the same in the chart."""
    for page_name in ("entry", "entry-empty", "side-by-side"):
        assert "In progress" not in shown(page_name).text
        assert "Not today" not in shown(page_name).text


def test_a_skipped_prompt_reads_like_a_private_one(shown: Show) -> None:
    assert shown("entry").text.count("No answer shared") == 2


def test_the_officer_is_told_that_looking_is_recorded(shown: Show) -> None:
    assert "Opening this page and exporting from it are recorded here too." in shown("log").text
    assert "Opening this page is recorded here too." in shown("who").text


def test_an_export_is_what_the_filter_shows(shown: Show) -> None:
    (export,) = [link["href"] for link in shown("log").all("a") if "export" in (link.get("href") or "")]
    assert "patient=pat-1" in export
    assert "deed=read" in export
    assert "since=2026-11-01" in export


def test_a_failed_form_gives_every_word_back(app: Flask, shown: Show) -> None:
    (form,) = [one for one in shown("problem-kept").forms if one.attributes.get("class") == "kept"]
    assert form.fields["revision"] == "4"
    assert form.fields["csrf"] == "csrf-of-this-session"
    assert samples.LONG in app.test_client().get("/show/problem-kept").text


@every_page
def test_words_are_never_markup(app: Flask, page_name: str) -> None:
    """Whatever a patient, a record system or a questionnaire says stays text (T29)."""
    with app.test_request_context():
        plain = Markup(render_template(PAGES[page_name][0], **_said(context(page_name), "calm")))
        hostile = Markup(render_template(PAGES[page_name][0], **_said(context(page_name), HOSTILE)))
    assert _shape(hostile) == _shape(plain)
    assert HOSTILE in hostile.text  # the clinic's name at least: else this would prove nothing


def _shape(markup: Markup) -> list[tuple[str, list[str]]]:
    """Elements and their attributes' names; where a long word may break (wbr) follows its slashes."""
    return [(tag, sorted(attributes)) for tag, attributes in markup.elements if tag != "wbr"]


def _said(values: dict[str, object], words: str) -> dict[str, object]:
    """The page's values with these words wherever somebody else chose them."""
    text = {
        "set_title",
        "answer",
        "text",
        "title",
        "name",
        "identifier",
        "sentence",
        "reason",
        "what",
        "person",
    }
    return {name: words if name in text else _deep(value, words, text) for name, value in values.items()}


def _deep(value: object, words: str, text: set[str]) -> object:
    if isinstance(value, samples.Values):
        return samples.Values(**_said(vars(value), words))
    if isinstance(value, dict):
        return {name: words if name in text else _deep(one, words, text) for name, one in value.items()}
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return tuple(words for _ in value)
    if isinstance(value, list | tuple):
        return type(value)(_deep(one, words, text) for one in value)
    return value


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_template_switches_escaping_off(source: Path) -> None:
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup\(", source.read_text("utf-8"))


@every_page
def test_what_is_not_given_shows_as_nothing(app: Flask, page_name: str) -> None:
    """Not every door gives every value, and some clinics have no telephone."""
    values = context(page_name) | {
        "banner": None,
        "session_ends": None,
        "sandbox": False,
        "person_mark": None,
    }
    values["clinic"] = samples.Values(**(vars(samples.CLINIC) | {"telephone": None}))
    with app.test_request_context():
        text = Markup(render_template(PAGES[page_name][0], **values)).text
    assert not re.search(r"\bNone\b|Undefined|\{\{|telephone", text)


@pytest.mark.parametrize("page_name", ["launch-failed", "open-window", "problem"])
def test_before_any_clinic_is_known_pages_still_show(app: Flask, page_name: str) -> None:
    """A launch from a record system that nobody configured has no clinic to name."""
    with app.test_request_context():
        markup = Markup(
            render_template(
                PAGES[page_name][0], **context(page_name) | {"clinic": None, "visit": None, "banner": None}
            )
        )
    assert len(list(markup.all("h1"))) == 1
