"""Who acts in the journeys: each knows the pages as a person knows them, by headings, labels and the words on buttons.

Every verb leaves its person on the page they would see, so that a test reads like a story.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from playwright.sync_api import Download, Locator, Page, expect
from pypdf import PdfReader

from service.cli.demo_clinic import CLINIC
from service.cli.demo_stack import Stack

FILED_WITHIN = 30_000  # milliseconds, as everywhere in Playwright
PROMPTS = 5
_LOOKS_AGAIN_AFTER = 500


@dataclass
class Person:
    """Somebody at a browser of their own; `page` is the tab they look at."""

    page: Page
    stack: Stack
    reference: str
    scripts: bool = True

    def signs_in(self, next_page: str) -> None:
        """Choose at the record system who one is, and go on to a page of it."""
        self.page.goto(f"{self.stack.sandbox_url}/sign-in?next={next_page}")
        self.page.locator(f"button[value='{self.reference}']").click()
        expect(self.page.get_by_text("Signed in as")).to_be_visible()

    def presses(self, words: str) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=words, exact=True).click()

    def follows(self, words: str | re.Pattern[str]) -> None:
        """Follow the link with these words."""
        self.page.get_by_role("link", name=words).click()

    def sees(self, words: str | re.Pattern[str]) -> None:
        """These words stand somewhere on the page, or will in a moment."""
        expect(self.page.get_by_text(words).first).to_be_visible()

    def sees_heading(self, words: str) -> None:
        """This is what the page is about."""
        expect(self.page.get_by_role("heading", level=1, name=words)).to_be_visible()

    def sees_in_the_end(self, shown: Locator) -> None:
        """Reload the page until this stands on it: what the worker does shows without anything being pressed."""
        for _ in range(FILED_WITHIN // _LOOKS_AGAIN_AFTER):
            self.page.reload()
            try:
                expect(shown).to_be_visible(timeout=_LOOKS_AGAIN_AFTER)
            except AssertionError:
                continue
            return
        expect(shown).to_be_visible()

    def does_not_see(self, words: str) -> None:
        """These words stand nowhere in the page, neither in hidden parts nor in its fields."""
        fields = [field.input_value() for field in self.page.locator("textarea").all()]
        found = words in "\n".join([self.page.content(), *fields])
        assert not found, f"“{self.page.title()}” shows words it should not"

    def goes_back_in_history(self) -> None:
        """The browser's own Back. A page it kept whole is back at once and loads nothing."""
        self.page.go_back(wait_until="commit")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def signs_out(self) -> None:
        """Leave the pages of this visit."""
        self.presses("Sign out")
        self.sees_heading("You are signed out")
        # A person sees nothing before the style sheet is there, and it is what empties the browser's memory.
        self.page.wait_for_load_state()

    def downloads(self, link: Locator) -> Download:
        """Follow a link that gives a file."""
        with self.page.expect_download() as started:
            link.click()
        return started.value


class Patient(Person):
    """A patient, with a phone, in the hours after an infusion."""

    def comes_from_the_portal(self) -> None:
        """EHR launch: sign in at the portal and open the journal there."""
        self.signs_in("/portal/")
        self.presses("Open Infusion Journal")
        self.sees_heading("Your journal")

    def comes_from_a_bookmark(self) -> None:
        """Standalone launch: the journal's own address, and signing in on the way."""
        self.page.goto(f"{self.stack.service_url}/launch/{CLINIC}/patient")
        self.page.locator(f"button[value='{self.reference}']").click()
        self.sees_heading("Your journal")

    def infusion(self, words: str) -> Locator:
        """One line of the course."""
        return self.page.get_by_role("listitem").filter(has=self.page.get_by_role("heading", name=words))

    def sees_state(self, infusion: str, state: str | re.Pattern[str]) -> None:
        """Where the writing for one infusion stands, in the words of the course."""
        expect(self.infusion(infusion).locator(".state")).to_have_text(state)

    def sees_state_in_the_end(self, infusion: str, state: str | re.Pattern[str]) -> None:
        """The same, once the worker is there: reload until it is so."""
        self.sees_in_the_end(self.infusion(infusion).locator(".state").filter(has_text=state))

    def writes_at_once(self) -> None:
        """Press "Write now", without an infusion, and stand before the first prompt."""
        self.presses("Write now")
        self.is_ready_to_write()

    def starts_writing(self, infusion: str) -> None:
        """Press the button of one infusion, and stand before the first prompt."""
        self.infusion(infusion).get_by_role("button", name="Start writing").click()
        self.is_ready_to_write()

    def carries_on(self, infusion: str) -> None:
        """Take up a draft where it was left."""
        self.infusion(infusion).get_by_role("link", name="Carry on writing").click()
        self.is_ready_to_write()

    def is_ready_to_write(self) -> None:
        """With scripts a page is ready once what an earlier page left has been looked for."""
        expect(self.paper.first).to_be_visible()
        if self.scripts:
            self.page.locator("html[data-writing=ready]").wait_for(state="attached")

    @property
    def paper(self) -> Locator:
        """Where the words go: one on a prompt's page, five on the page of all."""
        return self.page.locator("form#writing textarea")

    def writes(self, words: str) -> None:
        """Put words on the paper of this prompt, and nothing more."""
        self.paper.fill(words)

    def answers(self, words: str, *, for_me_alone: bool = False) -> None:
        """Write, choose who reads it, and go on."""
        self.writes(words)
        if for_me_alone:
            self.keeps_it_private()
        self.goes("Next")

    def keeps_it_private(self) -> None:
        """This answer is not for the care team."""
        self.private_choice.check()

    @property
    def private_choice(self) -> Locator:
        """The choice of who reads an answer: one on a prompt's page, five on the page of all."""
        return self.page.get_by_label("Keep this answer in my journal only")

    def goes(self, button: str) -> None:
        """Leave the page by one of its buttons, and arrive on the next."""
        with self.page.expect_navigation():
            self.presses(button)

    def is_at_prompt(self, number: int) -> None:
        """The address says which prompt is open."""
        expect(self.page).to_have_url(re.compile(f"/prompt/{number}$"))
        self.is_ready_to_write()

    def finds_on_the_paper(self, words: str) -> None:
        """What stands on the paper now."""
        expect(self.paper).to_have_value(words)

    def sees_it_saved(self) -> None:
        """The quiet line under the paper says so."""
        expect(self.page.locator("#saved")).to_have_text(re.compile(r"^Saved \d"))

    def writes_everything(self, words: str) -> None:
        """All five on one page, each with the same words and its number."""
        self.goes("Show all prompts")
        self.is_ready_to_write()
        for number in range(PROMPTS):
            self.paper.nth(number).fill(f"{words} {number + 1}")
        self.goes("Check and send")
        self.sees_heading("Check what you wrote")

    def sends(self) -> None:
        """Press the one button that gives the words away."""
        self.presses("Send")
        self.sees_heading("Sent")

    def waits_until_it_is_in_the_record(self) -> None:
        """The receipt looks again by itself; without scripts its reader does."""
        filed = self.page.get_by_text("In your record since")
        if self.scripts:
            expect(filed).to_be_visible(timeout=FILED_WITHIN)
            return
        for _ in range(FILED_WITHIN // 250):
            if filed.count():
                return
            self.page.wait_for_timeout(250)
            self.follows("Look again")
        raise AssertionError("It never came into the record.")

    def reads_own_copy(self) -> str:
        """The words of the PDF that stands behind the first such link."""
        return words_of_pdf(self.downloads(self.page.get_by_role("link", name="Your own copy").first).path())

    def sees_both_texts(self, mine: str, theirs: str) -> None:
        """The page that answers a draft changed elsewhere; keeping both is what it offers first."""
        self.sees_heading("This was also changed in another window")
        expect(self.page.locator(".version .words")).to_have_text([mine, theirs])
        expect(self.page.get_by_label("Keep both, one after the other")).to_be_checked()

    def sees_banner(self, name: str) -> None:
        """Whose journal this is stands at the top."""
        expect(self.page.get_by_role("region", name="Patient")).to_contain_text(name)

    def opens_another_tab(self, address: str = "") -> "Patient":
        """The same person in a second tab, on the same page or another."""
        tab = Patient(self.page.context.new_page(), self.stack, self.reference, self.scripts)
        tab.page.goto(address or self.page.url)
        return tab


class Clinician(Person):
    """A clinician with a chart open, two minutes before the next infusion."""

    def opens_chart(self, patient: str) -> None:
        """Sign in and open the record system's page of this patient."""
        self.signs_in(f"/chart/{patient}")

    def opens_the_journal(self) -> None:
        """EHR launch in a new tab, which they look at from then on."""
        with self.page.expect_popup() as opened:
            self.presses("Open Infusion Journal in a new tab")
        self.page = opened.value
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def opens_visits(self) -> None:
        """What waits for a decision about this patient, and what was counted."""
        self.follows(re.compile("^Visits"))
        self.sees_heading("Visits")

    def opens_worklist(self) -> None:
        """What waits for a decision, over all patients."""
        self.follows("Worklist")
        self.sees_heading("Worklist")

    def card(self, title: str, patient: str | None = None) -> Locator:
        """One thing to decide, by its title; on the worklist among those of the named patient."""
        cards = self.page.get_by_role("article", name=title)
        return self.page.get_by_role("region", name=patient).locator(cards) if patient else cards

    def decides(self, card: Locator, way: str, *, why: str, infusion: str | None = None) -> None:
        """Settle a thing in one step: choose why, and which infusion where one must be chosen, and press the way."""
        button = self.page.get_by_role("button", name=way, exact=True)
        form = card.locator("form").filter(has=button)
        self._says(form, why, infusion)
        form.locator(button).click()
        self.sees("Your decision is kept.")

    def moves_the_entry(self, infusion: str, *, why: str) -> None:
        """From the page of the entry, to another infusion."""
        self.page.get_by_text("Move to another infusion").click()
        self._says(self.page.locator("details.move form"), why, infusion)
        self.presses("Move the entry")

    def _says(self, form: Locator, why: str, infusion: str | None) -> None:
        form.get_by_label("Why").select_option(label=why)
        if infusion is not None:
            places = form.get_by_role("combobox").first
            offered = places.locator("option", has_text=re.compile(f"^{infusion},"))
            places.select_option(label=offered.inner_text())

    def reads_filed_documents(self) -> list[str]:
        """The words of every document in the chart, newest first as the record system lists them."""
        links = self.page.get_by_role("link", name="opens in a new tab")
        return [self._words_behind(link) for link in links.all()]

    def _words_behind(self, link: Locator) -> str:
        address = link.get_attribute("href") or ""
        answer = self.page.context.request.get(f"{self.stack.sandbox_url}{address}")
        assert answer.headers["content-type"] == "application/pdf"
        return words_of_pdf(BytesIO(answer.body()))


class Officer(Person):
    """The compliance officer, who reads no patient's words."""

    def opens_the_access_log(self) -> None:
        """EHR launch without a chart, in a new tab."""
        self.signs_in("/staff")
        with self.page.expect_popup() as opened:
            self.presses("Open in a new tab")
        self.page = opened.value
        self.sees_heading("Access log")

    def filters(self, **wanted: str) -> None:
        """Fill the named fields of the filter and show what fits."""
        for label, value in wanted.items():
            field = self.page.get_by_label(label.capitalize(), exact=True)
            if label in ("deed", "outcome"):
                field.select_option(value)
            else:
                field.fill(value)
        self.presses("Show")

    def column(self, name: str) -> set[str]:
        """The values of one column of the records on this page."""
        return {cell.strip() for cell in self.page.locator(f"td[data-name='{name}']").all_inner_texts()}


def words_of_pdf(file: Path | BytesIO) -> str:
    """The text of a PDF, with every run of white space as one space, since lines break where they may."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(file).pages).split())
