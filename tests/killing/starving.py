"""People who send a page by form while the server lacks something, and what became of it (faults F7, F30, F31)."""

import html
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urljoin

import httpx2

from service.cli.walking import Form, Page, Walker
from tests.killing.served import served, worker_of
from tests.killing.stage import Stage
from tests.strangers.patients import Stranger

Way = Callable[[int, Stage], AbstractContextManager[None]]
_COMES_BACK_WITHIN = 60.0
_GOOD = (302, 303)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRONGS = ("lost", "half_written", "errors_without_words", "errors_not_said_to_pass", "not_recovered")


class Writer(Walker):
    """A patient at a writing page of theirs, without scripts."""

    def __init__(self, made: Stage, patient: Stranger) -> None:
        super().__init__()
        self._http.headers["Connection"] = "close"  # so that every request needs a handle of its own
        page = self.open(f"{made.sandbox_url}/sign-in?next=/portal/")
        page = self.press(page, patient.name, person=f"Patient/{patient.id}")
        home = self.press(page, "Open Infusion Journal")
        self.page = self.press(home, "Start writing: Infusion 1").url
        self.words = ""

    def form(self) -> Form:
        """The writing form as it stands on the page now; what is written there is remembered."""
        page = self.open(self.page)
        form = _writing(page)
        self.words = form.fields["text"]
        return form

    def send(self, form: Form, words: str) -> httpx2.Response | None:
        """Press Next with these words; the answer itself, or None where none came."""
        fields = form.fields | {"text": words, "go": "next"}
        try:
            return self._http.post(urljoin(self.page, form.action), data=fields, headers=_FORM)
        except httpx2.HTTPError:
            return None


def _writing(page: Page) -> Form:
    for form in page.forms:
        if "text" in form.fields:
            return form
    raise AssertionError(f"no writing form: {page.status} at {page.url}")


class Server:
    """The server, and who looks after it: one that says it is alive no more is started anew, as by a probe."""

    def __init__(self, made: Stage, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        self.made = made
        self.started_anew = 0
        self._environment = environment
        self._service = served(made, environment)

    @property
    def worker(self) -> int:
        """The process that answers, whichever it is now."""
        return worker_of(self._service)

    def comes_back(self) -> bool:
        """Whether it is ready within the time."""
        until = time.monotonic() + _COMES_BACK_WITHIN
        while time.monotonic() < until:
            if self._asked("ready") == 200:
                return True
            if self._asked("live") == 503:
                self.started_anew += 1
                self.end()
                self._service = served(self.made, self._environment)
            time.sleep(0.05)
        return False

    def end(self) -> None:
        """Stop it in order."""
        self._service.terminate()
        self._service.wait(60)

    def _asked(self, what: str) -> int | None:
        with suppress(httpx2.HTTPError):
            return self.made.http.get(f"http://127.0.0.1:{self.made.place.port}/health/{what}").status_code
        return None


@dataclass
class Tally:
    """What the people met."""

    answers: Counter[str] = field(default_factory=Counter)
    starved: int = 0
    replaced: int = 0
    wrongs: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0


def starve(server: Server, people: list[Writer], name: str, way: Way, words: str, tally: Tally) -> None:
    """One case: everybody sends while the server starves; then all is as it was, or as they sent it."""
    forms = [one.form() for one in people]
    before = [one.words for one in people]
    worker = server.worker
    with ThreadPoolExecutor(len(people)) as pool, way(worker, server.made):
        sending = [pool.submit(one.send, form, words) for one, form in zip(people, forms, strict=True)]
        answers = [one.result() for one in sending]
    tally.starved += 1
    tally.replaced += not Path(f"/proc/{worker}").exists()
    begun = time.monotonic()
    if not server.comes_back():
        tally.wrongs["not_recovered"] += 1
        return
    tally.longest = max(tally.longest, time.monotonic() - begun)
    for one, was, answer in zip(people, before, answers, strict=True):
        _judge(one, was, words, answer, name, tally)


def _judge(
    one: Writer, was: str, words: str, answer: httpx2.Response | None, name: str, tally: Tally
) -> None:
    form, taken = one.form(), answer is not None and answer.status_code in _GOOD
    said = "taken" if taken else "no answer" if answer is None else str(answer.status_code)
    tally.answers[f"{name}: {said}"] += 1
    tally.wrongs["lost"] += taken and one.words != words
    tally.wrongs["half_written"] += one.words not in (was, words)
    if answer is not None and not taken:
        tally.wrongs["errors_without_words"] += words not in html.unescape(answer.text)
        tally.wrongs["errors_not_said_to_pass"] += answer.status_code != 503
    again = one.send(form, words)
    tally.wrongs["not_recovered"] += again is None or again.status_code not in _GOOD
