"""Leaving a writing page: by its own buttons, without a network, twice at once, and with words of another prompt."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Route, expect

from tests.pages import desk as desks
from tests.pages import preview
from tests.pages.desk import Desk

WORDS = "The lake was quiet, and so was I."
MORE = "And then I slept."
NOTHING_KEPT = "() => !Object.keys(sessionStorage).some((name) => name.startsWith('words:'))"
SOMETHING_KEPT = "() => Object.keys(sessionStorage).some((name) => name.startsWith('words:'))"
pytestmark = pytest.mark.browser


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def app(desk: Desk) -> Flask:
    built = desks.build(desk)
    built.view_functions["patient.refresh"] = lambda **_: _extended(desk)
    return built


def _extended(desk: Desk) -> str:
    desk.ends = datetime.now(UTC) + timedelta(hours=2)
    return desk.show()


@pytest.fixture
def page(app: Flask, browser: Browser) -> Iterator[Page]:
    """The writing page, ready."""
    with preview.serving(app) as base, browser.new_context(base_url=base) as context:
        context.set_default_timeout(15_000)
        opened = context.new_page()
        opened.goto("/write")
        ready(opened)
        yield opened


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-writing=ready]")


def presses_next(page: Page) -> None:
    page.get_by_role("button", name="Next").click()


def test_words_are_saved_before_the_form_goes(desk: Desk, page: Page) -> None:
    """So nothing of them stays in the tab, whichever page comes next."""
    page.locator("#text").fill(WORDS)
    presses_next(page)
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    assert [save["text"] for save in desk.saves] == [WORDS]
    assert desk.forms[0]["revision"] == desk.forms[0]["stood_at"]
    page.wait_for_function(NOTHING_KEPT)


def test_without_a_network_the_page_stays(desk: Desk, page: Page) -> None:
    """The browser's own error page would be all there is to see instead."""
    page.context.set_offline(True)
    page.locator("#text").fill(WORDS)
    presses_next(page)
    expect(page.get_by_role("status")).to_contain_text("Not saved yet: keep this page open.")
    expect(page.locator("#text")).to_have_value(WORDS)
    page.wait_for_function(SOMETHING_KEPT)
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_have_text("Saved again.")
    page.locator("#text").fill(f"{WORDS} {MORE}")
    presses_next(page)
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    assert desk.text == f"{WORDS} {MORE}"


def test_pressing_twice_sends_one_form_that_meets_no_conflict(desk: Desk, page: Page) -> None:
    held: list[Route] = []
    page.route("**/draft", lambda route: held.append(route))
    page.locator("#text").fill(WORDS)
    presses_next(page)
    presses_next(page)
    expect(page.locator("#text")).to_have_value(WORDS)
    held[0].continue_()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    assert len(desk.saves) == 1
    assert [form["revision"] == form["stood_at"] for form in desk.forms] == [True]


def test_words_typed_before_the_page_was_ready_are_saved_too(desk: Desk, page: Page) -> None:
    """On a slow way the page can be written on before its script has come."""
    held: list[Route] = []
    page.route("**/writing.js", lambda route: held.append(route))
    page.goto("/write", wait_until="commit")
    page.locator("#text").fill(WORDS)
    held[0].continue_()
    ready(page)
    expect(page.locator("#saved")).to_contain_text("Saved ")
    assert desk.text == WORDS


def test_both_texts_are_asked_for_with_every_unsaved_word(desk: Desk, page: Page) -> None:
    desk.revision, desk.text = 5, "From the other window."
    page.locator("#text").fill(WORDS)
    with page.expect_request(lambda asked: asked.method == "POST") as asked:
        page.get_by_role("button", name="See both texts").click()
    sent = asked.value.post_data_json
    assert sent["text-ai3.1"] == WORDS
    assert sent["revision"] == "4"
    assert sent["csrf"] == "csrf-of-this-session"
    page.goto("/write")
    ready(page)
    expect(page.locator("#text")).to_have_value(WORDS)


def test_words_that_went_with_a_form_meet_no_conflict_later(desk: Desk, page: Page) -> None:
    """The form overtook two saves: the older would be a conflict with oneself, both together change nothing."""
    desk.mood = "busy"
    page.locator("#text").fill(WORDS)
    page.locator("#text").blur()
    expect(page.locator("#saved")).to_have_text("Not saved yet")
    page.locator("#text").fill(f"{WORDS} {MORE}")
    page.wait_for_function(SOMETHING_KEPT)
    presses_next(page)
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    desk.mood, desk.revision, desk.text = "take", 5, desk.forms[0]["text"]
    page.goto("/write")
    ready(page)
    page.wait_for_function(NOTHING_KEPT)
    assert desk.text == f"{WORDS} {MORE}"
    expect(page.locator("#saving-news")).to_be_empty()
    expect(page.locator("#text")).to_have_value(f"{WORDS} {MORE}")
    page.locator("#text").fill(MORE)
    page.locator("#text").blur()
    page.wait_for_function(NOTHING_KEPT)
    assert desk.text == MORE


@pytest.mark.parametrize(("at", "text"), [("4", WORDS), ("3", "From the other window.")])
def test_a_choice_between_two_texts_is_done_with_once_it_arrived(
    desk: Desk, page: Page, at: str, text: str
) -> None:
    """Its own text waits in the tab until the draft is past the revision that was chosen at."""
    desk.mood = "busy"
    page.locator("#text").fill(WORDS)
    page.wait_for_function(SOMETHING_KEPT)
    desk.text = "From the other window."
    choose = """async ([at, wordsKey]) => { const { keep, kept } = await import('/static/sealed.js');
      const entry = document.getElementById('writing').dataset.entry;
      await keep(entry, wordsKey, { ...(await kept(entry, wordsKey)), resolvedAt: at }); }"""
    page.evaluate(choose, [int(at), desk.words_key])
    page.reload()
    ready(page)
    expect(page.locator("#text")).to_have_value(text)


def test_staying_signed_in_learns_the_new_end(desk: Desk, page: Page) -> None:
    desk.ends = datetime.now(UTC) + timedelta(seconds=100)
    page.reload()
    ready(page)
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_damaged_box_hinders_no_wiping(page: Page) -> None:
    page.evaluate("sessionStorage.setItem('words:a', 'no box'); sessionStorage.setItem('words:b', '{}')")
    page.goto("/show/signed-out")
    page.wait_for_function(NOTHING_KEPT)


def test_a_page_the_browser_kept_whole_asks_anew(desk: Desk, page: Page) -> None:
    """A device is shared: what comes back by the Back button is what the server gives now (rule 14)."""
    desk.text = "Another's words now."
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(page.locator("#text")).to_be_hidden()
    with page.expect_navigation():
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("#text")).to_have_value("Another's words now.")
