"""A Questionnaire renderer of another maker in Chromium: all six sets, typed into, exported and sent to our API."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.strangers.drivers import telling
from tests.strangers.drivers.browser import PATIENCE, browsing
from tests.strangers.drivers.telling import WORDS, same
from tests.strangers.patients import INFUSIONS

_SKIPPED = 3
_HOLDS = "words => JSON.stringify(app.exported()).includes(JSON.stringify(words))"


class Driver:
    """One patient, who answers set after set in the renderer's own form."""

    def __init__(self, task: dict[str, Any], page: Page, strange: set[str]) -> None:
        self.task, self.page, self.strange = task, page, strange

    def checks(self) -> telling.Checks:
        """A check for each set, and that nobody else was asked."""
        sets = {f"set-{ordinal}": self._set(ordinal) for ordinal in range(1, INFUSIONS + 1)}
        return {**sets, "no-other-host": lambda: same(sorted(self.strange), [], "hosts")}

    def _set(self, ordinal: int) -> Any:
        return lambda: self.answers(ordinal)

    def answers(self, ordinal: int) -> None:
        """Every prompt and both notices are seen; every answer typed is exported, sent and kept as it was typed.

        Every other set has a prompt without an answer, for a prompt may be left empty.
        """
        self.page.goto(f"{self.task['app']}?base={self.task['base']}")
        self.page.locator("html[data-ready=yes]").wait_for(state="attached")
        told = self.page.evaluate("ordinal => app.show(ordinal)", ordinal)
        for text in (*told["notices"], *told["prompts"]):
            expect(self.page.get_by_text(text, exact=False).first).to_be_visible(timeout=PATIENCE)
        papers = self.page.locator("textarea:visible")
        expect(papers).to_have_count(len(told["linkIds"]), timeout=PATIENCE)
        wanted = {}
        for number, (paper, link_id) in enumerate(zip(papers.all(), told["linkIds"], strict=True), 1):
            if number == _SKIPPED and ordinal % 2 == 0:
                continue
            wanted[link_id] = words = f"{WORDS} {link_id}\nand a second line"
            paper.fill(words)
            # A renderer may take what is typed a moment later; nobody types faster than that in two fields.
            self.page.wait_for_function(_HOLDS, arg=words)
        same(_words(self._sent(ordinal)), wanted, "words kept")

    def _sent(self, ordinal: int) -> dict[str, Any]:
        made = self.page.evaluate("() => app.exported()")
        sent = [made, self.task["patient"], self.task["encounters"][ordinal - 1], self.task["token"]]
        answer = self.page.evaluate("sent => app.send(...sent)", sent)
        same((answer["status"], answer["body"].get("issue")), (201, None), "answer")
        body: dict[str, Any] = answer["body"]
        return body


def _words(response: dict[str, Any]) -> dict[str, str]:
    return {item["linkId"]: item["answer"][0]["valueString"] for item in response["item"] if "answer" in item}


if __name__ == "__main__":
    told = telling.task()
    with browsing() as (page, strange):
        telling.run(Driver(told, page, strange).checks())
