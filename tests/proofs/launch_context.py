"""A tab shows the patient it was opened with, however many others are opened beside it in the same browser.

Clinicians on one shared computer open chart after chart, patients of one family their journals; between the tabs one
goes back and forth. Each tab shows its own patient's words and nobody else's, also where it names another's entry (T8).
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from service.cli.walking import Page
from tests.people import Browser, Clinician, Patient, Visitor, arrived, patient
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.workflow.deciding import id_of
from tests.world import EHR, World

DEFAULT_N = 4_000
CI_N = 150

_VISITS = {"patient-six-done": "six-done", "patient-eight-done": "eight-done", "patient-two-in": "two-in"}
_DOCTORS = ("clinician-1", "clinician-2")
_AT_ONCE = 8
_NONE = ("wrong_patient_views", "own_not_shown", "foreign_opened", "swapped_forms_taken")


@dataclass(frozen=True, slots=True)
class Tab:
    """A visit, and whose it is."""

    visitor: Visitor
    patient: str
    person: str


@dataclass
class Desk:
    """One computer with one browser, and the tabs that are open in it."""

    world: World
    keys: dict[str, str]
    chance: random.Random
    report: Callable[[str], None]
    browser: Browser = field(init=False)
    tabs: list[Tab] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    last: str = ""

    def __post_init__(self) -> None:
        self.browser = Browser(self.world)

    def open_chart(self) -> None:
        """Some clinician opens somebody's chart, and the journal from it."""
        doctor, name = self.chance.choice(_DOCTORS), self.chance.choice(list(_VISITS))
        self._sign_in(f"Practitioner/{doctor}", "/chart")
        page = self.browser.press(
            self.browser.open(f"{EHR}/chart/{name}"), "Open Infusion Journal in a new tab"
        )
        self._opened(Tab(Clinician(self.world, self.browser, arrived(page)), name, doctor))

    def open_journal(self) -> None:
        """Somebody of the family opens their own."""
        name = self.chance.choice(list(_VISITS))
        page = self.browser.press(self._sign_in(f"Patient/{name}", "/portal/"), "Open Infusion Journal")
        self._opened(Tab(Patient(self.world, self.browser, arrived(page)), name, name))

    def look(self) -> None:
        """Go to some tab and look at some page of it, by its own things and by somebody else's."""
        tab = self.chance.choice(self.tabs)
        self.counted["swaps"] += tab.patient != self.last
        self.last = tab.patient
        self.counted["views"] += 1
        answer = tab.visitor.get(self.chance.choice(self._pages(tab, tab.patient)))
        if answer.status_code != 200:
            self._fault("own_not_shown", tab, answer)
        self._told(tab, answer)
        other = self.chance.choice([name for name in _VISITS if name != tab.patient])
        foreign = tab.visitor.get(self._pages(tab, other)[0])
        if foreign.status_code != 404:
            self._fault("foreign_opened", tab, foreign)
        self._told(tab, foreign)

    def swap_forms(self) -> None:
        """One tab's form, sent to another tab's address."""
        one, other = self.chance.sample(self.tabs, 2)
        said: dict[str, Any] = {
            "csrf": one.visitor.csrf,
            "patient": one.patient,
            "kind": "series-begins",
            "why": "other",
        }
        path = "say" if isinstance(other.visitor, Clinician) else "refresh"
        answer = other.visitor.post(path, **said, encounter=f"{_VISITS[one.patient]}-1")
        self.counted["swapped_forms"] += 1
        if answer.status_code not in (401, 403):
            self._fault("swapped_forms_taken", other, answer)

    def _sign_in(self, person: str, then: str) -> Page:
        page = self.browser.open(f"{EHR}/sign-in?next={then}")
        words = next(b[2] for form in page.forms for b in form.buttons if b[:2] == ("person", person))
        return self.browser.press(page, words, person=person)

    def _opened(self, tab: Tab) -> None:
        self.tabs = [*self.tabs[-_AT_ONCE + 1 :], tab]
        self.counted["launches"] += 1

    def _pages(self, tab: Tab, name: str) -> list[str]:
        """An entry's page first, then pages that name nothing."""
        if isinstance(tab.visitor, Clinician):
            return [f"entry/{id_of(self.world, self.keys[name])}", "", "side-by-side", "visits"]
        return [f"entry/{self.keys[name]}/receipt", ""]

    def _told(self, tab: Tab, answer: httpx2.Response) -> None:
        for name in _VISITS:
            if name != tab.patient and (_words(name) in answer.text or self.keys[name] in answer.text):
                self._fault("wrong_patient_views", tab, answer)

    def _fault(self, name: str, tab: Tab, answer: httpx2.Response) -> None:
        self.counted[name] += 1
        if self.counted[name] <= 5:
            self.report(
                f"{name}: {tab.person} at {tab.patient}: {answer.status_code} {answer.request.url.path}"
            )


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n looks at tabs; about every tenth time another one is opened first, or a form is sent from the wrong one."""
    chance = random.Random(seed)
    with small_world() as world:
        keys = {
            name: patient(world, name).write(f"{visits}-1", {"ai1.1": _words(name)})
            for name, visits in _VISITS.items()
        }
        desk = Desk(world, keys, chance, report)
        for _ in range(3):
            desk.open_chart()
            desk.open_journal()
        for _ in range(n):
            step = chance.random()
            if step < 0.1:
                chance.choice((desk.open_chart, desk.open_journal))()
            elif step < 0.2:
                desk.swap_forms()
            desk.look()
    count = desk.counted
    return Figures(
        planned=n,
        injected=count["views"],
        counted={name: count[name] for name in ("views", "swaps", "launches", "swapped_forms", *_NONE)},
        bars={
            "swaps": at_least(n // 2),
            "launches": at_least(n // 20),
            "swapped_forms": at_least(n // 20),
            **{name: exactly(0) for name in _NONE},
        },
    )


def _words(name: str) -> str:
    return f"planted-words-of-{_VISITS[name]}"
