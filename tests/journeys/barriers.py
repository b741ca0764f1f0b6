"""Can everybody use this page? axe in both colour schemes, and no sideways scrolling on the smallest phone."""

from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# WCAG 2.2 AA, which contains the older levels, and what axe's makers advise beyond it.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SMALLEST_PHONE = (320, 720)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# What sticks out on the right; nothing, as long as the page itself does not scroll that way.
_STICKING_OUT = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const all = [...document.body.querySelectorAll("*")];
  const out = all.filter((it) => it.getBoundingClientRect().right > clientWidth);
  return [`${scrollWidth} > ${clientWidth}`, ...out.map((it) => `${it.tagName}.${it.className}`)];
}"""
_LAYS_ITSELF_OUT_WITHIN = 20  # looks, 50 ms apart


def assert_no_barrier(page: Page) -> None:
    """Look at the page as it stands: small, in light and in dark."""
    page.wait_for_load_state()  # a page that has just begun to arrive has no document to measure
    width, height = SMALLEST_PHONE
    page.set_viewport_size({"width": width, "height": height})
    assert _sticking_out(page) == [], f"{page.title()} scrolls sideways"
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options=RULES)
        assert found.response["violations"] == [], f"{page.title()}, {scheme}: {found.generate_report()}"


def _sticking_out(page: Page) -> list[str]:
    """A browser that was made smaller takes a moment to lay its page out anew."""
    for _ in range(_LAYS_ITSELF_OUT_WITHIN):
        found: list[str] = page.evaluate(_STICKING_OUT)
        if not found:
            break
        page.wait_for_timeout(50)
    return found
