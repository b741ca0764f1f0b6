"""The system's Chromium for one driver, watched: which hosts it asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, sync_playwright

from tests.parts import chromium

PATIENCE = 30_000  # milliseconds; a busy machine is no failure
_ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
_HERE = frozenset(("127.0.0.1", "localhost", None))  # None: data and blob addresses name no host


@contextmanager
def browsing() -> Iterator[tuple[Page, set[str]]]:
    """A page of a new browser, and the set of hosts beyond this machine that it asked so far."""
    strange = set[str]()

    def note(request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in _HERE:
            strange.add(str(host))

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(_ARGUMENTS))
        context = browser.new_context(locale="en-US")
        context.set_default_timeout(PATIENCE)
        context.on("request", note)
        yield context.new_page(), strange
        browser.close()
