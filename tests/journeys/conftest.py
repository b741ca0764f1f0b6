"""One running demo per process, and the people who come to it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from service.cli.demo_stack import ANY_PORT, Stack, running
from tests.journeys.people import Clinician, Officer, Patient, Person
from tests.journeys.watching import Watch

PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 15_000  # milliseconds; a busy machine is no failure
DESK: ViewportSize = {"width": 1280, "height": 900}


class House:
    """The running demo, and a browser for everyone who comes."""

    def __init__(self, stack: Stack, new_context: Callable[..., BrowserContext], watch: Watch) -> None:
        self.stack = stack
        self.watch = watch
        self._new_context = new_context

    def patient(
        self,
        patient_id: str,
        *,
        scripts: bool = True,
        browser_of: Person | None = None,
        at: Browser | None = None,
    ) -> Patient:
        """A patient of the invented clinic, at a phone of their own, in a tab of somebody's, or at this browser."""
        page = browser_of.page.context.new_page() if browser_of else self._page(PHONE, scripts, at)
        return Patient(page, self.stack, f"Patient/{patient_id}", scripts)

    def clinician(self, *, scripts: bool = True, at: Browser | None = None) -> Clinician:
        """Somebody of the care team, at a desk, or at this browser."""
        page = self._page(DESK, scripts, at)
        return Clinician(page, self.stack, "Practitioner/clinician-1", scripts)

    def officer(self) -> Officer:
        """The compliance officer, at a desk."""
        return Officer(self._page(DESK), self.stack, "Practitioner/officer-1")

    def _page(self, size: ViewportSize, scripts: bool = True, at: Browser | None = None) -> Page:
        new_context = at.new_context if at else self._new_context
        context = new_context(viewport=size, java_script_enabled=scripts, locale="en-US")
        context.set_default_timeout(PATIENCE)
        self.watch.over(context)
        return context.new_page()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The sandbox and the service on sockets of their own, in a folder of their own."""
    with running(tmp_path_factory.mktemp("demo"), ANY_PORT, ANY_PORT) as started:
        yield started


@pytest.fixture
def house(stack: Stack, new_context: Callable[..., BrowserContext]) -> Iterator[House]:
    """The demo for one journey, which ends by asking what the browsers had to complain about.

    The stack is shared: each journey has patients of its own.
    """
    watch = Watch()
    yield House(stack, new_context, watch)
    assert watch.strange_requests == []
    assert watch.complaints == []
