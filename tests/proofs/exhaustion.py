"""The server runs out of file handles, memory, room in its files or threads, or is killed, while people write by form.

Each person gets a page that says "later" and has their words in it, or no answer at all, and then the page with the
form stands where it was; nothing is half written, and the server comes back by itself (fault matrix F7). The limits
are set from outside on the process that answers, and taken back; it is the server that `serve` starts.
"""

import html
import os
import random
import resource
import signal
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import httpx2

from service.cli.walking import Form, Page, Walker
from tests.killing.served import THREADS, served, worker_of
from tests.killing.stage import Stage, stage
from tests.proofs.figures import Figures, at_least, exactly
from tests.strangers.patients import Stranger

DEFAULT_N = 50
CI_N = 5

_PEOPLE = 6
_LONG = "🌊" * 40_000  # half a megabyte on the wire: more than a process has lying about that has just begun
_COMES_BACK_WITHIN = 60.0
_GOOD = (302, 303)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


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

    def __init__(self, made: Stage) -> None:
        self.made = made
        self.started_anew = 0
        self._service = served(made)

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
                self._service = served(self.made)
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


Way = Callable[[int, Stage], AbstractContextManager[None]]


def _limit(kind: int) -> Way:
    """Nothing more of this kind; what the process has it keeps."""

    @contextmanager
    def limited(pid: int, made: Stage) -> Iterator[None]:
        before = resource.prlimit(pid, kind)
        resource.prlimit(pid, kind, (0, before[1]))
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, kind, before)

    return limited


@contextmanager
def _every_thread(pid: int, made: Stage) -> Iterator[None]:
    """More half-sent requests than there are threads, which say nothing further."""
    with ExitStack() as open_:
        for _ in range(2 * THREADS):
            half = open_.enter_context(socket.create_connection(("127.0.0.1", made.place.port)))
            half.sendall(b"POST /health/ready HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
        yield


@contextmanager
def _killed(pid: int, made: Stage) -> Iterator[None]:
    """As by the system, when the machine has no memory left."""
    killing = threading.Timer(0.02, lambda: os.kill(pid, signal.SIGKILL))
    killing.start()
    yield
    killing.join()


WAYS: dict[str, Way] = {
    "memory": _limit(resource.RLIMIT_AS),
    "handles": _limit(resource.RLIMIT_NOFILE),
    "room": _limit(resource.RLIMIT_FSIZE),
    "threads": _every_thread,
    "killed": _killed,
}


@dataclass
class Tally:
    """What the people met."""

    answers: Counter[str] = field(default_factory=Counter)
    starved: int = 0
    replaced: int = 0
    wrongs: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n times one of the ways, in turn, with every person sending a page meanwhile."""
    chance, tally = random.Random(seed), Tally()
    patients = tuple(Stranger(f"patient-s-{number}") for number in range(_PEOPLE))
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="exhaustion-")))
        made = ending.enter_context(stage(folder, f"sqlite:///{folder / 'journal.sqlite'}", "B", patients))
        server = Server(made)
        ending.callback(server.end)
        people = [Writer(made, one) for one in patients]
        for one in people:
            ending.callback(one.close)
        for number in range(n):
            name = list(WAYS)[number % len(WAYS)]
            words = f"{number} {chance.random()}{_LONG if name == 'memory' else ''}"
            _starve(server, people, name, words, tally)
    for name, times in sorted(tally.answers.items()):
        report(f"{name}: {times}")
    return Figures(
        planned=n,
        injected=tally.starved,
        counted={
            "ways": len(WAYS),
            "answers": sum(tally.answers.values()),
            "replaced": tally.replaced,
            "started_anew": server.started_anew,
            "refused": sum(times for name, times in tally.answers.items() if not name.endswith("taken")),
            **{wrong: tally.wrongs[wrong] for wrong in WRONGS},
            "longest_recovery_s": round(tally.longest, 1),
        },
        bars={
            "answers": exactly(n * _PEOPLE),
            "refused": at_least(n),
            "replaced": at_least(2 * (n // len(WAYS))),
            **dict.fromkeys(WRONGS, exactly(0)),
        },
    )


WRONGS = ("lost", "half_written", "errors_without_words", "errors_not_said_to_pass", "not_recovered")


def _starve(server: Server, people: list[Writer], name: str, words: str, tally: Tally) -> None:
    """One case: everybody sends while the server starves; then all is as it was, or as they sent it."""
    forms = [one.form() for one in people]
    before = [one.words for one in people]
    worker = server.worker
    with ThreadPoolExecutor(len(people)) as pool, WAYS[name](worker, server.made):
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
