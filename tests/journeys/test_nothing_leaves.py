"""Walks over every kind of page with words in them that want out: nothing runs, nothing is asked of anybody else.

The browser stands on every page as its person would, with each payload of the corpus in what was written; what it
asks for is noted, whoever's page asks (threats T29 and T32).
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Request

from service.cli.demo_stack import ANY_PORT, Stack, running
from tests.journeys.conftest import House
from tests.journeys.people import PROMPTS, Person
from tests.journeys.watching import OUR_HOSTS
from tests.web.payloads import payloads

TRAPPED = "window.__trapped || 0"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A demo that nobody else walks through."""
    with running(tmp_path_factory.mktemp("demo"), ANY_PORT, ANY_PORT) as started:
        yield started


class Trap:
    """What pages ran, asked for and opened by themselves, while a person looked at them."""

    def __init__(self) -> None:
        self.pages: set[str] = set()
        self.requests = self.executed = 0
        self.strange: list[str] = []
        self.dialogs: list[str] = []

    def over(self, page: Page) -> None:
        """Watch a tab from now on; a dialog is closed, so that the walk goes on."""
        page.context.on("request", self._asked)
        page.on("dialog", self._opened)

    def looks(self, person: Person) -> None:
        """Stand on a page for a moment, with everything on it folded out."""
        page = person.page
        page.locator("details").evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
        page.wait_for_timeout(100)
        self.executed += int(page.evaluate(TRAPPED))
        self.pages.add(page.evaluate("document.title + ' ' + document.body.className"))

    def _asked(self, request: Request) -> None:
        self.requests += 1
        host = request.url.split("/")[2].split(":")[0] if "//" in request.url else ""
        if host not in OUR_HOSTS and not request.url.startswith(("data:", "blob:", "about:")):
            self.strange.append(request.url)

    def _opened(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


def shares() -> list[str]:
    """The corpus in as many parts as there are prompts."""
    corpus = payloads()
    return ["\n".join(corpus[number::PROMPTS]) for number in range(PROMPTS)]


def _the_patient(house: House, trap: Trap) -> None:
    theodora = house.patient("patient-eight-done")
    trap.over(theodora.page)
    theodora.comes_from_the_portal()
    home = theodora.page.url
    trap.looks(theodora)
    theodora.starts_writing("Infusion 1")
    theodora.writes(shares()[0])
    theodora.sees_it_saved()
    theodora.page.reload()
    theodora.is_ready_to_write()
    trap.looks(theodora)
    theodora.goes("Show all prompts")
    theodora.is_ready_to_write()
    for number, words in enumerate(shares()):
        theodora.paper.nth(number).fill(words)
    trap.looks(theodora)
    theodora.goes("Check and send")
    trap.looks(theodora)
    theodora.sends()
    trap.looks(theodora)
    theodora.waits_until_it_is_in_the_record()
    _two_texts(theodora, home, trap)
    theodora.page.goto(home)
    trap.looks(theodora)
    theodora.signs_out()
    trap.looks(theodora)


def _two_texts(theodora: Any, home: str, trap: Trap) -> None:
    """The look back at the first entry, and both texts of a draft that two windows changed."""
    theodora.page.goto(home)
    theodora.starts_writing("Infusion 2")
    trap.looks(theodora)
    other = theodora.opens_another_tab()
    other.is_ready_to_write()
    other.writes(shares()[1])
    other.sees_it_saved()
    theodora.writes(shares()[2])
    theodora.sees("This was also changed in another window.")
    theodora.goes("See both texts")
    trap.looks(theodora)
    other.page.close()


def _the_clinician(house: House, trap: Trap) -> None:
    maren = house.clinician()
    trap.over(maren.page)
    maren.opens_chart("patient-eight-done")
    maren.opens_the_journal()
    trap.over(maren.page)
    trap.looks(maren)
    for link in ("Side by side", "Worklist"):
        maren.follows(link)
        trap.looks(maren)
    maren.opens_visits()
    trap.looks(maren)
    maren.signs_out()


def _the_officer(house: House, trap: Trap) -> None:
    ines = house.officer()
    ines.opens_the_access_log()
    trap.over(ines.page)
    trap.looks(ines)
    log = ines.page.url
    for words in payloads()[::80]:
        ines.page.goto(f"{log}?patient={_quoted(words)}&person={_quoted(words)}&since={_quoted(words)}")
        trap.looks(ines)
    ines.page.goto(log)
    ines.page.get_by_role("link", name="patient-eight-done").first.click()
    trap.looks(ines)
    ines.page.goto(log)
    ines.presses("Check the log now")
    trap.looks(ines)


def _errors(house: House, trap: Trap) -> None:
    """Addresses and answers that hold the words themselves."""
    nobody = house.patient("patient-none-yet")
    trap.over(nobody.page)
    for words in payloads()[::130]:
        for path in (
            "",
            "launch/callback?error=",
            "launch/patient?launch=x&iss=",
            "journal/x/?",
            "launch/callback?state=",
        ):
            nobody.page.goto(f"{house.stack.service_url}/{path}{_quoted(words)}")
            trap.looks(nobody)


def _quoted(words: str) -> str:
    return quote(words, safe="")


def test_no_words_run_and_no_page_asks_anybody_else(
    house: House, record_property: Callable[[str, object], None]
) -> None:
    for status in ("400", "401", "404", "412", "422"):
        house.watch.expects(status)
    trap = Trap()
    for walk in (_the_patient, _the_clinician, _the_officer, _errors):
        walk(house, trap)

    record_property(
        "figures",
        f"browser-pages pages={len(trap.pages)} requests={trap.requests} third_party_requests={len(trap.strange)} "
        f"payloads={len(payloads())} executions={trap.executed} dialogs={len(trap.dialogs)}",
    )
    assert len(payloads()) >= 500
    assert len(trap.pages) >= 14
    assert trap.requests > 100
    assert (trap.strange, trap.executed, trap.dialogs) == ([], 0, [])


def test_the_trap_notices_what_it_looks_for(house: House) -> None:
    """A page that runs, opens and asks: so the silence above says something."""
    house.watch.expects("ERR_")
    nobody = house.patient("patient-none-yet")
    trap = Trap()
    trap.over(nobody.page)
    nobody.page.set_content(
        "<script>window.__trapped=1; alert('x')</script><img src='http://evil.invalid/x'>"
    )
    trap.looks(nobody)
    assert (trap.executed, trap.dialogs, trap.strange) == (1, ["x"], ["http://evil.invalid/x"])
    house.watch.strange_requests.clear()
