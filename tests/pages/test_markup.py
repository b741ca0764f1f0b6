"""What every page keeps to, whatever it shows: safe, labelled, truthful about who watches."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, render_template

from service import paths
from service.journal.infusions import DoubtReason, Tie
from service.journal.match import Why
from service.journal.rulings import Reason
from service.journal.steps import Difference
from service.journal.worklist import Way
from tests.pages import samples
from tests.pages.markup import Markup
from tests.pages.preview import PAGES, PATIENTS, WATCHED, context

Show = Callable[[str], Markup]
SOURCES = sorted(path for path in paths.templates().rglob("*.html") if "summary" not in path.parts)
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{ 7 * 7 }}</textarea>"
_OVER_PATIENTS = ("worklist", "owed-by-all")
DIFFERENCES = [value for name, value in vars(Difference).items() if name.isupper()]
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


@pytest.mark.parametrize("page_name", [name for name in PAGES if not name.startswith(_OVER_PATIENTS)])
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
        (
            "receipt-waiting",
            "Sent. It goes into your record once your clinic has connected it with your infusion.",
        ),
        ("receipt-kept", "In your journal only."),
        ("receipt-until", "Held until Saturday, 21 November 2026, 09:00 Pacific Standard Time."),
        ("receipt-changed", "Until then your record shows what you sent before."),
        ("receipt-changed-filed", "It takes the place of what you sent before"),
        ("receipt-unchanged", "Nothing was changed, so everything stays as you sent it."),
        ("receipt-mistake", "It does not count. It did not go into your record."),
        ("receipt-striking", "It does not count. Your record will say so, too."),
        ("receipt-struck", "Your record says since Friday, 20 November 2026"),
        ("check-until", "Until 09:00 on the morning after you send, only you can see it"),
        ("check-change", "your record keeps it as an earlier version"),
    ],
)
def test_a_receipt_says_what_is_so(shown: Show, page_name: str, words: str) -> None:
    assert words in shown(page_name).text


@pytest.mark.parametrize(
    "page_name", ["receipt-sent", "receipt-held", "receipt-missing", "receipt-waiting", "receipt-kept"]
)
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
        "No prompts for this infusion",
        "Your clinic is looking at which prompts belong here.",
        "Your clinic is sorting out one visit",
    ):
        assert words in text


def test_what_has_no_infusion_yet_is_named_by_its_day(shown: Show) -> None:
    text = shown("home-first").text
    assert text.count("Written on Friday, 20 November 2026") >= 4
    assert text.count("Waiting for its infusion: your clinic will connect it") == 2
    assert "Sent. It goes into your record once your clinic has connected it with your infusion." in text
    assert "Visit" not in text


@pytest.mark.parametrize(
    ("page_name", "classes"),
    [("home", ["at-once"]), ("home-first", ["at-once prominent"]), ("home-nothing", [])],
)
def test_writing_at_once_is_loud_only_where_nothing_else_is_to_be_done(
    shown: Show, page_name: str, classes: list[str]
) -> None:
    markup = shown(page_name)
    assert [
        one.get("class") for one in markup.all("section") if "at-once" in (one.get("class") or "")
    ] == classes
    assert ("Write now" in markup.text) == bool(classes)


def test_each_set_to_write_in_at_once_is_sent_with_a_key_of_its_own(shown: Show) -> None:
    """A form that stands twice with one key would begin one draft in two sets."""
    forms = [one for one in shown("home").forms if (one.attributes["action"] or "").endswith("/begin-now")]
    assert len({one.fields["key"] for one in forms}) == len(forms) == 2


def test_each_thing_to_decide_says_what_it_is_and_shows_its_visits(shown: Show) -> None:
    text = shown("visits").text
    for words in (
        "This visit has no start time",
        "This visit has no time, on a day with more than one visit",
        "Two visits overlap for longer than a usual stay: one infusion or two?",
        "Two entries were written for what is now one infusion",
        "Infusion 3 now counts as number 4",
        "The visit of this entry was cancelled",
        "An entry waits for its infusion",
        "This set was already written in this series",
        "enc-no-start",
    ):
        assert words in text
    assert "Something here is not clear" not in text


def test_every_reason_and_way_has_words(app: Flask) -> None:
    """What the rules can say, the page can say: no button without words, no title that gives up."""
    with app.test_request_context():
        said = app.jinja_env.get_template("clinician/cards.html").make_module({"clinic": samples.CLINIC})
    reasons = [*DoubtReason, "no-infusion", "set-written-already", *DIFFERENCES]
    for reason in reasons:
        for gone in ("cancelled", "entered-in-error", "finished"):
            item = samples.Values(reason=str(reason), gone=gone, was_ordinal=3, now_ordinal=4, visits=[])
            title = said.title(item)  # type: ignore[attr-defined]
            assert title.strip()
            assert title != "Something here is not clear"
            for way in Way:
                row = samples.Values(way=way.value, asks_time=False, places=[])
                assert said.way_words(row, item).strip(), way  # type: ignore[attr-defined]
    for difference in DIFFERENCES:
        entry = samples.Values(difference=difference, now_ordinal=4)
        assert said.differs(entry).strip()  # type: ignore[attr-defined]
    for words, all_of_them in (
        (said.why_words, Reason),  # type: ignore[attr-defined]
        (said.not_counted, [one for one in Why if one is not Why.COUNTS]),  # type: ignore[attr-defined]
    ):
        assert all(" " in words(one.value) or words(one.value)[0].isupper() for one in all_of_them)
    assert all(said.ties_words([one.value]) != one.value for one in Tie)  # type: ignore[attr-defined]


def test_each_way_is_one_form_with_a_reason(shown: Show) -> None:
    forms = [one for one in shown("visits").forms if (one.attributes["action"] or "").endswith("/decide")]
    assert len(forms) > 20
    for form in forms:
        assert {"csrf", "patient", "page", "item", "way"} <= set(form.fields)
        assert [one.get("name") for tag, one in form.controls if tag == "select"][-1] == "why"
        assert len([one for tag, one in form.controls if tag == "button"]) == 1


def test_what_was_typed_stands_there_again(shown: Show) -> None:
    values = [one.get("value") for one in shown("visits-refused").all("input")]
    assert "2026-11-01" in values
    assert "01:30" in values
    assert "Which of the two" in shown("visits-refused").text
    assert "Which of the two" not in shown("visits").text


def test_each_decision_names_what_it_was_about(shown: Show) -> None:
    text = shown("visits").text
    assert "It was not given: Wednesday, 18 November 2026, 10:30" in text
    assert "The closing set is asked: Sunday, 15 November 2026, 07:00" in text
    assert "Looked at, and left as it is: After Infusion 1: Getting Started" in text


@pytest.mark.parametrize("page_name", _OVER_PATIENTS)
def test_a_list_over_patients_is_nobodys_chart(shown: Show, page_name: str) -> None:
    """No banner of the patient whose chart is open stands over other patients; entries of others are no links."""
    markup = shown(page_name)
    assert not [one for one in markup.all("section") if one.get("aria-label") == "Patient"]
    assert not [one for one in markup.all("a") if "/entry/" in (one.get("href") or "")]
    assert "Patient pat-2" in markup.text
    assert "This view is recorded." in markup.text


def test_only_the_care_team_is_shown_the_worklist(shown: Show) -> None:
    assert "Worklist" in shown("visits").text
    assert "Worklist" not in shown("visits-quiet").text


def test_a_moved_entry_says_by_whom_and_why(shown: Show) -> None:
    text = shown("entry-moved").text
    assert "Moved by Practitioner/clinician-1 on Tuesday, 24 November 2026 (wrong visit)" in text
    assert "The record system now counts this infusion as number 4; the entry keeps its number." in text
    assert "no infusion" in shown("entry-waiting").text


def test_a_clinician_never_learns_of_drafts(shown: Show) -> None:
    """Drafts are the patient's alone (rule 13): begun, put off or never begun look the same in the chart."""
    for page_name in ("entry", "entry-empty", "entry-moved", "side-by-side", "visits", "worklist"):
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
        "kind",
        "said_by",
        "made_by",
        "rule_version",
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
