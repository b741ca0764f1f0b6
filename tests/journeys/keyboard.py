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
        self.page = page

    def press_enter_on(self, words: str) -> None:
        """Tab to what begins with these words, see that the focus shows, press Enter, and wait for the next page."""
        self._tab_until(lambda tag, found: tag in ("A", "BUTTON") and found.startswith(words), words)
        assert self._focus_shows(), f"nobody sees where the focus is: {words}"
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def opens_a_tab(self, words: str) -> "Keyboard":
        """The same, where it leads to a tab of its own: whoever types is there from then on."""
        self._tab_until(lambda tag, found: tag in ("A", "BUTTON") and found.startswith(words), words)
        with self.page.expect_popup() as opened:
            self.page.keyboard.press("Enter")
        return Keyboard(opened.value)

    def decides(self, way: str, *, why: str) -> None:
        """Tab to a way to settle something, one step back to say why, and press it."""
        self._tab_until(lambda tag, found: tag == "BUTTON" and found == way, way)
        self.page.keyboard.press("Shift+Tab")
        self.page.keyboard.type(why)
        chosen = self.page.evaluate("document.activeElement.selectedOptions[0].innerText")
        assert chosen == why, f"{chosen} is chosen"
        self.press_enter_on(way)

    def go_to_the_paper(self) -> None:
        """Tab to where the words go."""
        self._tab_until(lambda tag, found: tag == "TEXTAREA", "the paper")

    def _focus_shows(self) -> bool:
        style = "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none'; })()"
        return bool(self.page.evaluate(style))

    def _tab_until(self, is_it: Callable[[str, str], bool], what: str) -> None:
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(_FOCUSED)
            if is_it(focused["tag"], focused["words"]):
                return
        raise AssertionError(f"no way by Tab to: {what}")
