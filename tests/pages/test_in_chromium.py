"""How the pages stand in a real browser: no barrier, no sideways scroll, large enough to read and to touch."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.pages.preview import PAGES

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SMALL, ZOOMED, DESK = (320, 720), (320, 256), (1280, 900)  # 1280 x 1024 at 400 % is 320 x 256
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Links inside a sentence are exempt (WCAG 2.5.8); all else that is pressed is a target.
TOO_SMALL = """() => [...document.querySelectorAll('button, summary, select, input, a.button, nav a, a.name')]
  .filter((one) => one.checkVisibility() && one.type !== 'hidden')
  .map((one) => [one.textContent.trim() || one.name, one.matches('[type=checkbox], [type=radio]')
    ? one.parentElement.getBoundingClientRect() : one.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44).map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
LARGEST_SIZE = "(one) => parseFloat(getComputedStyle(one).fontSize)"
pytestmark = pytest.mark.browser
every_page = pytest.mark.parametrize("page_name", PAGES)


@pytest.fixture
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A tab that ends by asking whether the page broke its own policy, threw, or asked for what is not there."""
    complaints: list[str] = []
    with browser.new_context(base_url=site) as context:
        context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        context.on("weberror", lambda thrown: complaints.append(str(thrown.error)))
        context.on("response", lambda got: complaints.append(got.url) if got.status >= 400 else None)
        yield context.new_page()
    assert complaints == []


def opened(tab: Page, page_name: str, size: tuple[int, int]) -> Page:
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    tab.goto(f"/show/{page_name}")
    return tab


@every_page
def test_no_barrier_small_and_large_in_light_and_dark(tab: Page, page_name: str) -> None:
    opened(tab, page_name, SMALL)
    assert tab.evaluate(SIDEWAYS) == 0
    assert tab.evaluate(TOO_SMALL) == []
    tab.emulate_media(color_scheme="dark")
    assert Axe().run(tab, options=RULES).response["violations"] == []
    tab.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    tab.emulate_media(color_scheme="light")
    assert tab.evaluate(SIDEWAYS) == 0
    assert Axe().run(tab, options=RULES).response["violations"] == []


@pytest.mark.parametrize("page_name", ["home", "visits", "entry-moved"])
def test_what_opens_on_demand_has_no_barrier_either(tab: Page, page_name: str) -> None:
    opened(tab, page_name, SMALL)
    tab.locator("details").evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
    assert tab.evaluate(SIDEWAYS) == 0
    assert tab.evaluate(TOO_SMALL) == []
    assert Axe().run(tab, options=RULES).response["violations"] == []


@pytest.mark.parametrize(
    "page_name", ["prompt", "all", "check", "side-by-side", "visits", "worklist", "owed", "log"]
)
def test_four_times_zoomed_nothing_hides(tab: Page, page_name: str) -> None:
    """At 400 % a page scrolls down only, and no fixed part covers what has the focus (WCAG 1.4.10, 2.4.11)."""
    opened(tab, page_name, ZOOMED)
    assert tab.evaluate(SIDEWAYS) == 0
    for _ in range(12):
        tab.keyboard.press("Tab")
        assert tab.evaluate(
            """() => { const one = document.activeElement, box = one.getBoundingClientRect();
              const x = box.left + Math.min(box.width / 2, 20), y = Math.max(box.top, 0) + Math.min(box.height / 2, 10);
              const top = document.elementFromPoint(x, y);
              return one === document.body || one.contains(top) || (top && top.contains(one)); }"""
        )


@pytest.mark.parametrize("page_name", ["prompt-first", "all"])
def test_what_one_writes_is_very_large(tab: Page, page_name: str) -> None:
    """24 px and up for the words, and a prompt larger than them (recovery mode)."""
    opened(tab, page_name, SMALL)
    assert tab.locator("textarea").first.evaluate(LARGEST_SIZE) >= 24
    assert tab.locator("label").first.evaluate(LARGEST_SIZE) >= 24


def test_reading_text_and_lines(tab: Page) -> None:
    """Body text of 18 to 20 px; a line of reading no longer than about 65 characters."""
    opened(tab, "check", DESK)
    size = tab.locator("body").evaluate(LARGEST_SIZE)
    assert 18 <= size <= 20
    assert tab.locator(".answers .words").first.evaluate("(one) => one.clientWidth") <= 65 * size * 0.55


def test_the_vendored_font_is_what_shows(tab: Page) -> None:
    opened(tab, "prompt", SMALL)
    tab.evaluate("document.fonts.ready")
    loaded = tab.evaluate(
        "[...document.fonts].filter((one) => one.status === 'loaded').map((one) => one.family)"
    )
    assert any("Atkinson Hyperlegible Next" in family for family in loaded)


def test_the_focus_can_be_seen(tab: Page) -> None:
    opened(tab, "prompt", SMALL)
    for _ in range(10):
        tab.keyboard.press("Tab")
        shown = tab.evaluate(
            """() => { const one = document.activeElement.closest('.paper') ?? document.activeElement;
              const style = getComputedStyle(one); return [style.outlineStyle, parseFloat(style.outlineWidth)]; }"""
        )
        assert shown[0] != "none"
        assert shown[1] >= 2


def test_nothing_moves(tab: Page) -> None:
    """No motion at all, so there is nothing to reduce."""
    opened(tab, "home", SMALL)
    moving = "[...document.querySelectorAll('*')].filter((one) => one.getAnimations().length).length"
    assert tab.evaluate(moving) == 0
    durations = "[...document.querySelectorAll('*')].map((one) => getComputedStyle(one).transitionDuration)"
    assert set(tab.evaluate(durations)) == {"0s"}


def test_the_chart_prints_its_words_and_nothing_to_press(tab: Page) -> None:
    opened(tab, "entry", DESK)
    tab.emulate_media(media="print")
    assert not [one for one in tab.locator("button, nav, form").all() if one.is_visible()]
    assert tab.locator(".words").first.is_visible()
    assert tab.get_by_text("Maribel Okonkwo-Lindqvist").is_visible()
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    assert tab.evaluate(ink) == "#000"


def test_without_scripts_nothing_needed_is_hidden(browser: Browser, site: str) -> None:
    """Save is there, and what only scripts can do is not offered."""
    with browser.new_context(base_url=site, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/show/prompt")
        assert page.get_by_role("button", name="Save", exact=True).is_visible()
        assert not page.get_by_role("button", name="Hide my words").is_visible()
        assert not page.get_by_role("button", name="Dim the page").is_visible()
