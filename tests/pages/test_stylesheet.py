"""The browser understands every line of the stylesheet: what it does not, it drops without a word."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

# The innermost blocks of a stylesheet, each as its selector and its declarations.
_READ = r"""(text) => {
  const blocks = text.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/([^{};]+)\{([^{}]*)\}/g);
  const split = (one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1).replace('!important', '')];
  return [...blocks].map(([, selector, block]) => ({
    selector: selector.trim(),
    declarations: block.split(';').map((one) => one.trim()).filter(Boolean).map(split)
      .map(([name, value]) => [name.trim(), value.trim()]),
  }));
}"""
# A declaration with a variable is judged with the variable's value in its place, as the page has it.
DROPPED = f"""(text) => {{
  const root = getComputedStyle(document.documentElement);
  const plain = (value) => value.replace(/var\\((--[a-z-]+)\\)/g, (_, name) => root.getPropertyValue(name).trim());
  const judged = ([name, value]) => name.startsWith('--') || CSS.supports(name, plain(value));
  return ({_READ})(text).filter(({{ selector }}) => !selector.startsWith('@font-face'))
    .flatMap(({{ selector, declarations }}) => declarations.filter((one) => !judged(one))
      .map(([name, value]) => `${{selector}} {{ ${{name}}: ${{value}} }}`));
}}"""
WRITTEN_RULES = f"(text) => ({_READ})(text).length"
KEPT_RULES = """() => {
  const within = (rule) => (rule.cssRules?.length ? count(rule.cssRules) : 1);
  const count = (rules) => [...rules].reduce((sum, rule) => sum + within(rule), 0);
  return count(document.styleSheets[0].cssRules);
}"""


@pytest.fixture
def page_with_styles(browser: Browser, site: str) -> Iterator[tuple[Page, str]]:
    """A page that uses the stylesheet, and the stylesheet's text."""
    with browser.new_context(base_url=site) as context:
        page = context.new_page()
        page.goto("/show/prompt")
        yield page, context.request.get("/static/journal.css").text()


def test_no_declaration_is_dropped(page_with_styles: tuple[Page, str]) -> None:
    page, text = page_with_styles
    assert page.evaluate(DROPPED, text) == []


def test_no_rule_is_dropped(page_with_styles: tuple[Page, str]) -> None:
    page, text = page_with_styles
    assert page.evaluate(KEPT_RULES) == page.evaluate(WRITTEN_RULES, text) > 100


def test_this_way_of_asking_finds_faults(page_with_styles: tuple[Page, str]) -> None:
    page, _ = page_with_styles
    faulty = "textarea { font: 1.5rem; color: var(--ink) } @media print { a { colour: red } }"
    assert page.evaluate(DROPPED, faulty) == ["textarea { font: 1.5rem }", "a { colour: red }"]
    assert page.evaluate(WRITTEN_RULES, faulty) == 2
