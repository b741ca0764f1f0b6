"""The writing page keeps every word: it saves by itself, says truthfully how that goes, and leaves nothing behind."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.pages import desk as desks
from tests.pages import preview
from tests.pages.desk import Desk

WORDS = "The lake was quiet, and so was I. 🌊"
KEPT = "() => Object.entries(sessionStorage).filter(([name]) => name.startsWith('words:'))"
NOTHING_KEPT = "() => !Object.keys(sessionStorage).some((name) => name.startsWith('words:'))"
SOMETHING_KEPT = "() => Object.keys(sessionStorage).some((name) => name.startsWith('words:'))"
OTHER_KEY = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
pytestmark = pytest.mark.browser


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def base(desk: Desk) -> Iterator[str]:
    with preview.serving(desks.build(desk)) as address:
        yield address


@pytest.fixture
def visit(base: str, browser: Browser) -> Iterator[BrowserContext]:
    """A patient's browser, somewhere else than the clinic."""
    with browser.new_context(
        base_url=base, timezone_id="Europe/Berlin", viewport={"width": 390, "height": 844}
    ) as one:
        one.set_default_timeout(15_000)
        yield one


@pytest.fixture
def writes(visit: BrowserContext) -> Callable[..., Page]:
    """Open the writing page and, if given, type these words."""

    def write(words: str = "", leave: bool = True) -> Page:
        page = visit.new_page()
        page.goto("/write")
        ready(page)
        if words:
            page.locator("#text").fill(words)
        if words and leave:
            page.locator("#text").blur()
        return page

    return write


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-writing=ready]")


def test_a_pause_saves_and_the_readers_own_clock_says_so(desk: Desk, writes: Callable[..., Page]) -> None:
    page = writes(WORDS, leave=False)
    expect(page.locator("#saved")).to_have_text("Saved 03:05")
    assert [save["text"] for save in desk.saves] == [WORDS]
    assert desk.saves[0]["csrf"] == "csrf-of-this-session"
    expect(page.locator("#saving-news")).to_be_empty()


def test_trouble_is_said_and_so_is_its_end(desk: Desk, writes: Callable[..., Page]) -> None:
    desk.meets.extend(["busy", "busy"])
    page = writes(WORDS)
    expect(page.get_by_role("status")).to_have_text("Not saved yet: keep this page open. We keep trying.")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Saved again.")
    assert desk.text == WORDS


def test_a_lost_reply_is_asked_for_under_the_same_name(desk: Desk, writes: Callable[..., Page]) -> None:
    """The server did save: the second asking is no second save and no conflict with oneself."""
    desk.meets.append("lose reply")
    page = writes(WORDS)
    expect(page.locator("#saved")).to_have_text("Saved 03:05")
    assert len({save["id"] for save in desk.saves}) == 1
    assert len(desk.saves) == 2
    assert desk.revision == 5


def test_unsaved_words_wait_in_the_tab_sealed(desk: Desk, writes: Callable[..., Page]) -> None:
    desk.mood = "busy"
    page = writes(WORDS)
    page.wait_for_function(SOMETHING_KEPT)
    ((_, box),) = page.evaluate(KEPT)
    assert "lake" not in box
    assert page.evaluate("localStorage.length") == 0
    desk.mood = "take"
    page.wait_for_function(NOTHING_KEPT)
    assert desk.text == WORDS


def test_a_reload_brings_unsaved_words_back(desk: Desk, writes: Callable[..., Page]) -> None:
    desk.mood = "busy"
    page = writes(WORDS)
    page.wait_for_function(SOMETHING_KEPT)
    page.reload()
    ready(page)
    expect(page.locator("#text")).to_have_value(WORDS)
    desk.mood = "take"
    expect(page.locator("#saved")).to_have_text("Saved 03:05")
    assert desk.text == WORDS


def test_a_reload_after_a_lost_reply_meets_no_conflict(desk: Desk, writes: Callable[..., Page]) -> None:
    desk.meets.extend(["lose reply", "busy", "busy"])
    page = writes(WORDS)
    expect(page.locator("#saved")).to_have_text("Not saved yet")
    page.reload()
    ready(page)
    page.wait_for_function(NOTHING_KEPT)
    expect(page.locator("#text")).to_have_value(WORDS)
    assert desk.revision == 5


def test_a_page_older_than_what_this_tab_saved_is_asked_for_again(
    desk: Desk, writes: Callable[..., Page]
) -> None:
    """The reload is answered first, the save under way arrives after it, and the page that goes hears so (F41)."""
    desk.meets.append("late")
    page = writes(WORDS, leave=False)
    page.on("response", lambda answer: desk.answered.set() if answer.request.method == "PUT" else None)
    desk.is_slow = True
    with page.expect_request(lambda asked: asked.method == "PUT"):
        page.locator("#text").blur()
    page.reload()
    page.wait_for_function("(words) => document.getElementById('text').value === words", arg=WORDS)
    ready(page)
    assert [save["text"] for save in desk.saves] == [WORDS]
    assert page.evaluate(NOTHING_KEPT)


def test_typed_on_an_older_page_both_texts_are_shown(desk: Desk, writes: Callable[..., Page]) -> None:
    """Who typed before the page knew that it is older overwrites nothing (fault matrix F40)."""
    page = writes(WORDS)
    page.wait_for_function(NOTHING_KEPT)
    desk.revision, desk.text, newer = desk.revision - 1, "Older.", (desk.revision, desk.text)
    held = hold_the_module(page)
    page.reload(wait_until="commit")
    page.locator("#text").fill("Older. And more.")
    desk.revision, desk.text = newer
    held.set()
    expect(page.get_by_role("button", name="See both texts")).to_be_visible()
    assert desk.text == WORDS


def test_what_waits_in_the_tab_and_what_was_typed_early_are_both_there(
    desk: Desk, writes: Callable[..., Page]
) -> None:
    desk.mood = "busy"
    page = writes(WORDS)
    page.wait_for_function(SOMETHING_KEPT)
    held = hold_the_module(page)
    page.reload(wait_until="commit")
    page.locator("#text").fill("Typed at once.")
    desk.mood = "take"
    held.set()
    page.wait_for_function(NOTHING_KEPT)
    assert desk.text == f"{WORDS}\n\nTyped at once."


def hold_the_module(page: Page) -> Event:
    """The page's script comes only when the event is set."""
    let_go = Event()

    def hold(route: Route) -> None:
        while not let_go.is_set():
            page.wait_for_timeout(20)
        route.continue_()

    page.route("**/writing.js*", hold)
    return let_go


def test_twenty_reloads_as_the_network_returns_lose_no_letter(
    desk: Desk, writes: Callable[..., Page]
) -> None:
    """Whatever instant the reload falls into, the page shows all that was typed, and so does the server (F41)."""
    chance = Random(41)
    page = writes()
    typed = ""
    for run in range(20):
        page.context.set_offline(True)
        typed += f"Run {run}: {WORDS} "
        page.locator("#text").fill(typed)
        page.locator("#text").blur()
        page.wait_for_function(SOMETHING_KEPT)
        page.context.set_offline(False)
        page.wait_for_timeout(chance.choice([0, 1, 2, 5, 10, 20, 50]))
        page.reload()
        page.wait_for_function("(words) => document.getElementById('text').value === words", arg=typed)
        ready(page)
        page.wait_for_function(NOTHING_KEPT)
        assert desk.text == typed


def test_another_window_is_never_overwritten(desk: Desk, writes: Callable[..., Page]) -> None:
    page = writes()
    desk.revision, desk.text = 5, "From the other window."
    page.locator("#text").fill(WORDS)
    expect(page.get_by_role("status")).to_contain_text("changed in another window. Nothing is lost.")
    expect(page.get_by_role("button", name="See both texts")).to_be_visible()
    expect(page.locator("#text")).to_have_value(WORDS)
    assert desk.text == "From the other window."


def test_signing_in_again_brings_the_words_back(desk: Desk, writes: Callable[..., Page]) -> None:
    desk.mood = "signed-out"
    page = writes(WORDS)
    expect(page.get_by_role("status")).to_contain_text("you are signed out")
    page.wait_for_function(SOMETHING_KEPT)
    desk.mood = "take"
    page.goto("/write")
    ready(page)
    expect(page.locator("#saved")).to_have_text("Saved 03:05")
    assert desk.text == WORDS


def test_the_next_person_finds_nothing(desk: Desk, writes: Callable[..., Page]) -> None:
    """T30: what one left in the tab goes when somebody else signs in there."""
    desk.mood = "busy"
    page = writes(WORDS)
    page.wait_for_function(SOMETHING_KEPT)
    desk.person, desk.words_key = "p2", OTHER_KEY
    page.goto("/write")
    ready(page)
    page.wait_for_function(NOTHING_KEPT)
    expect(page.locator("#text")).to_have_value("")


def test_without_the_drafts_key_kept_words_are_noise(desk: Desk, writes: Callable[..., Page]) -> None:
    desk.mood = "busy"
    page = writes(WORDS)
    page.wait_for_function(SOMETHING_KEPT)
    desk.words_key = OTHER_KEY
    page.goto("/write")
    ready(page)
    expect(page.locator("#text")).to_have_value("")


@pytest.mark.parametrize("way_out", ["/show/stopped", "/show/signed-out"])
def test_signing_out_leaves_nothing_in_the_tab(desk: Desk, writes: Callable[..., Page], way_out: str) -> None:
    desk.mood = "busy"
    page = writes(WORDS)
    page.wait_for_function(SOMETHING_KEPT)
    page.goto(way_out)
    if way_out == "/show/stopped":
        page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_function(NOTHING_KEPT)


def test_a_form_never_overtakes_its_own_autosave(desk: Desk, writes: Callable[..., Page]) -> None:
    """Its revision is the one the draft stands at: else a patient would conflict with themselves."""
    page = writes(WORDS, leave=False)
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Taken")).to_be_visible()
    (form,) = desk.forms
    assert form["revision"] == form["stood_at"]
    assert form["text"] == WORDS
    assert form["go"] == "next"


def test_hide_my_words_blanks_at_once_and_back(writes: Callable[..., Page]) -> None:
    page = writes(WORDS)
    page.get_by_role("button", name="Hide my words").click()
    expect(page.locator("#text")).not_to_be_visible()
    page.get_by_role("button", name="Show my words").click()
    expect(page.locator("#text")).to_be_visible()
    expect(page.locator("#text")).to_have_value(WORDS)


def test_length_is_spoken_of_only_near_the_end(writes: Callable[..., Page]) -> None:
    page = writes()
    page.locator("#text").evaluate("(one) => { one.maxLength = 1000; }")
    page.locator("#text").fill("x" * 899)
    note = page.get_by_text("nearly reached the longest we can keep")
    expect(note).to_be_hidden()
    page.locator("#text").fill("x" * 900)
    expect(note).to_be_visible()


def test_the_end_of_the_sitting_is_announced(desk: Desk, writes: Callable[..., Page]) -> None:
    page = writes()
    expect(page.get_by_text("You will be signed out")).to_be_hidden()
    desk.ends = datetime.now(UTC) + timedelta(seconds=100)
    page.reload()
    ready(page)
    expect(page.get_by_role("alert")).to_contain_text("You will be signed out")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_visible()


def test_dimming_lasts_in_this_tab(writes: Callable[..., Page]) -> None:
    page = writes()
    page.emulate_media(color_scheme="light")
    bright = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_role("button", name="Dim the page").click()
    page.reload()
    ready(page)
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != bright
    expect(page.get_by_role("button", name="Dim the page")).to_have_attribute("aria-pressed", "true")


def test_a_receipt_learns_by_itself_that_it_is_filed(desk: Desk, visit: BrowserContext) -> None:
    page = visit.new_page()
    page.clock.install()
    page.goto("/sent")
    expect(page.locator("#filing")).to_contain_text("On its way to your record.")
    desk.filing = "filed"
    page.clock.run_for(5_500)
    expect(page.locator("#filing")).to_contain_text("In your record since")
    expect(page.get_by_role("link", name="Look again")).to_have_count(0)
