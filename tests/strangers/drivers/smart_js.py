"""npm fhirclient (SMART JS) in Chromium: standalone and EHR launch at our base, reading, writing, and refusals."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.strangers.drivers import telling
from tests.strangers.drivers.browser import PATIENCE, browsing
from tests.strangers.drivers.telling import same

_ASKS = """([url, token]) => fetch(url, { headers: { Authorization: `Bearer ${token}` } })
    .then((answer) => answer.status, () => "kept away")"""


class Driver:
    """One patient at one browser; each launch begins a new session of the app."""

    def __init__(self, task: dict[str, Any], page: Page, strange: set[str]) -> None:
        self.task, self.page, self.strange = task, page, strange
        self.written: dict[int, Any] = {}

    def checks(self) -> telling.Checks:
        """Every check by its name, in the order they need."""
        return {
            "standalone-launch": self.standalone,
            "standalone-writes": lambda: self.writes(1),
            "standalone-reads": lambda: self.reads(1),
            "ehr-launch": self.ehr_launch,
            "ehr-writes": lambda: self.writes(2),
            "ehr-reads": lambda: self.reads(2),
            "refused-reading-another-patient": self.another_patient,
            "refused-token-of-another-base": self.another_base,
            "refused-wrong-audience": self.wrong_audience,
            "refused-page-of-another-origin": self.another_origin,
            "no-other-host": lambda: same(sorted(self.strange), [], "hosts"),
        }

    def standalone(self) -> None:
        self._signs_in_at_the_record_system()
        self.page.goto(f"{self.task['app']}?iss={self.task['base']}")
        self._is_signed_in_at_our_base()

    def ehr_launch(self) -> None:
        self.page.evaluate("sessionStorage.clear()")
        self.page.goto(f"{self.task['sandbox']}/portal/")
        self.page.get_by_role("button", name=f"Open {self.task['appName']}", exact=True).click()
        self._is_signed_in_at_our_base()

    def writes(self, ordinal: int) -> None:
        encounter = self.task["encounters"][ordinal - 1]
        made = self.page.evaluate(
            "([ordinal, encounter]) => app.write(ordinal, encounter)", [ordinal, encounter]
        )
        same(made["kept"], made["wrote"], "words")
        self.written[ordinal] = made

    def reads(self, ordinal: int) -> None:
        mine = self.written[ordinal]
        same(self.page.evaluate("id => app.read(id)", mine["id"]), mine["wrote"], "words")
        wanted = sorted(made["id"] for made in self.written.values())
        same(sorted(self.page.evaluate("() => app.search()")), wanted, "found over pages")

    def another_patient(self) -> None:
        others = f"QuestionnaireResponse/{self.task['othersResponse']}"
        same(self._at_the_journal(others), 404, "status")

    def another_base(self) -> None:
        """The app gets a token for the record system's own base, and shows it at ours."""
        self.page.evaluate("sessionStorage.clear()")
        self.page.goto(f"{self.task['app']}?iss={self.task['sandbox']}/fhir")
        self._arrives("Signed in")
        same(self.page.evaluate("() => app.signedIn().base"), f"{self.task['sandbox']}/fhir", "base")
        path = f"QuestionnaireResponse?patient={self.task['patient']}"
        same(self._at_the_journal(path), 401, "status")

    def wrong_audience(self) -> None:
        """A base that names the same authorization server, which makes no tokens for it."""
        self.page.evaluate("sessionStorage.clear()")
        self.page.goto(f"{self.task['app']}?iss={self.task['elsewhere']}")
        self._arrives("Refused: invalid_request")

    def another_origin(self) -> None:
        """The same page with the same token, from an origin that the clinic does not list: it is kept away."""
        asked = [f"{self.task['base']}/QuestionnaireResponse", self.task["token"]]
        for page, told in ((self.task["app"], 200), (self.task["unlisted"], "kept away")):
            self.page.goto(f"{page}?error=none")
            same(self.page.evaluate(_ASKS, asked), told, f"a page of {page}")

    def _at_the_journal(self, path: str) -> Any:
        return self.page.evaluate("asked => app.atTheJournal(asked)", [self.task["base"], path])

    def _signs_in_at_the_record_system(self) -> None:
        self.page.goto(f"{self.task['sandbox']}/sign-in?next=/portal/")
        self.page.locator(f"button[value='Patient/{self.task['patient']}']").click()
        expect(self.page.get_by_text("Signed in as")).to_be_visible(timeout=PATIENCE)

    def _is_signed_in_at_our_base(self) -> None:
        self._arrives("Signed in")
        told = self.page.evaluate("() => app.signedIn()")
        same((told["base"], told["patient"]), (self.task["base"], self.task["patient"]), "session")

    def _arrives(self, state: str) -> None:
        self.page.locator("#state", has_text=state).or_(
            self.page.locator("#state", has_text="Refused: ")
        ).wait_for()
        same(self.page.locator("#state").inner_text()[: len(state)], state, "state")


if __name__ == "__main__":
    told = telling.task()
    with browsing() as (page, strange):
        telling.run(Driver(told, page, strange).checks())
