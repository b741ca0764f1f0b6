"""A person who uses no pointer: what has the focus is found by Tab, as they find it."""

from collections.abc import Callable

from playwright.sync_api import Page

MOST_STEPS = 120
# What a person hears of the element that has the focus: its words, or those of its label.
_FOCUSED = """() => {
  const it = document.activeElement;
  const words = it.labels?.length ? it.labels[0].innerText : it.innerText;
  return { tag: it.tagName, words: (words ?? "").trim() };
}"""


class Keyboard:
    """Tab, Enter and letters."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press_enter_on(self, words: str) -> None:
        """Tab to what begins with these words, see that the focus shows, press Enter, and wait for the next page."""
        self._tab_until(lambda tag, found: tag in ("A", "BUTTON") and found.startswith(words), words)
        assert self._focus_shows(), f"nobody sees where the focus is: {words}"
        with self._page.expect_navigation():
            self._page.keyboard.press("Enter")

    def go_to_the_paper(self) -> None:
        """Tab to where the words go."""
        self._tab_until(lambda tag, found: tag == "TEXTAREA", "the paper")

    def _focus_shows(self) -> bool:
        style = "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none'; })()"
        return bool(self._page.evaluate(style))

    def _tab_until(self, is_it: Callable[[str, str], bool], what: str) -> None:
        for _ in range(MOST_STEPS):
            self._page.keyboard.press("Tab")
            focused = self._page.evaluate(_FOCUSED)
            if is_it(focused["tag"], focused["words"]):
                return
        raise AssertionError(f"no way by Tab to: {what}")
