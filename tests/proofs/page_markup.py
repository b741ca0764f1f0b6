"""Hostile words in every field that people, apps and the record system fill: no page gains a thing by them (T29).

Each page is read twice, with calm words and with hostile ones of as many lines. They must have the same elements with
the same attributes, and no address may begin otherwise than on the calm page.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from service.cli.demo_clinic import CLINIC
from tests.pages.markup import Markup
from tests.people import App, Browser, Patient, Visitor, app_of, clinician, officer, patient
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.harness import Report
from tests.proofs.small_world import small_world
from tests.web.payloads import payloads
from tests.world import JOURNAL, World

DEFAULT_N = 515
CI_N = 25
CALM = "calm"
PROMPTS = 5
_ADDRESSES = ("href", "src", "action", "formaction", "data", "poster", "srcset", "background")
Shape = Counter[tuple[str, tuple[str, ...]]]


@dataclass
class Pages:
    """The calm pages by name, and what was found to differ from them."""

    calm: dict[str, tuple[Shape, frozenset[str]]] = field(default_factory=dict)
    compared: int = 0
    changed: list[str] = field(default_factory=list)
    shown: int = 0

    def is_calm(self, name: str, html: str) -> None:
        """The page with calm words, which later ones are compared with."""
        assert CALM in html, name
        self.calm[name] = _shape(html)

    def is_hostile(self, name: str, html: str, words: Sequence[str], *, counted: bool = True) -> None:
        """The same page with hostile words; where its rows are not `counted`, no new kind of element is enough."""
        shape, schemes = _shape(html)
        calm, calm_schemes = self.calm[name]
        same = shape == calm if counted else set(shape) <= set(calm)
        self.compared += 1
        self.shown += _shows(html, words)
        if not same or not schemes <= calm_schemes:
            self.changed.append(f"{name}: {(shape - calm) or schemes - calm_schemes} by {words[0][:60]!r}")


def _shape(html: str) -> tuple[Shape, frozenset[str]]:
    """Elements with the names of their attributes, and how addresses begin; a long word's breaks are left out."""
    elements = [(tag, one) for tag, one in Markup(html).elements if tag != "wbr"]
    shape = Counter((tag, tuple(sorted(one))) for tag, one in elements)
    addresses = [value or "" for _, one in elements for name, value in one.items() if name in _ADDRESSES]
    return shape, frozenset(_beginning(address) for address in addresses)


def _beginning(address: str) -> str:
    """`/` for a path of ours, the scheme of anything else."""
    return address[:1] if address[:1] in "/#?" and address[:2] != "//" else address.partition(":")[0]


def _shows(html: str, words: Sequence[str]) -> bool:
    """Whether the words stand on the page as words: else nothing would be proved by its shape."""
    text = Markup(html).text
    return any(" ".join(one.split()) in text for one in words)


def _in_parts(words: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(words), size):
        yield words[start : start + size]


def _as_answers(words: Sequence[str], ordinal: int) -> dict[str, str]:
    """The words spread over the prompts of a set, as many lines in each."""
    lines = -(-len(words) // PROMPTS)
    filled = [*words, *([CALM] * (lines * PROMPTS - len(words)))]
    return {f"ai{ordinal}.{n + 1}": "\n".join(filled[n * lines : (n + 1) * lines]) for n in range(PROMPTS)}


def _draft_pages(ada: Patient, key: str, answers: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every page on which a draft's words stand, those of refusals among them."""
    for number in range(1, PROMPTS + 1):
        yield f"prompt {number}", ada.get(f"entry/{key}/prompt/{number}").text
    yield "all", ada.get(f"entry/{key}/all").text
    yield "check", ada.get(f"entry/{key}/check").text
    first = f"{next(iter(answers.values()))} again"
    yield "conflict", ada.post(f"entry/{key}/prompt/2", revision="1", text=first, go="next").text
    yield "refused", ada.post(f"entry/{key}/prompt/2", csrf="x", revision="1", text=first, go=first).text
    yield "unreadable", ada.post(f"entry/{key}/prompt/2", revision="x", text=first, go="next").text


def _of_drafts(world: World, words: Sequence[str], pages: Pages) -> None:
    """Five payloads a draft, one in each prompt."""
    ada = patient(world)
    key, revision = ada.begin("six-done-2"), 1
    for part in ([CALM] * PROMPTS, *_in_parts(words, PROMPTS)):
        answers = _as_answers(part, 2)
        saved = ada.type(key, revision, answers)
        assert saved.status_code == 200, saved.text
        revision = saved.json()["revision"]
        for name, html in _draft_pages(ada, key, answers):
            _compare(pages, f"draft {name}", html, part)


def _compare(pages: Pages, name: str, html: str, words: Sequence[str], *, counted: bool = True) -> None:
    if words[0] == CALM:
        pages.is_calm(name, html)
    else:
        pages.is_hostile(name, html, words, counted=counted)


def _sent_pages(ada: Patient, doctor: Visitor, key: str, next_key: str) -> Iterator[tuple[str, str]]:
    entry = doctor.world.desk.entry_id(CLINIC, key)
    yield "receipt", ada.get(f"entry/{key}/receipt").text + CALM
    yield "entry", doctor.get(f"entry/{entry}").text
    yield "side by side", doctor.get("side-by-side").text
    yield "looking back", ada.get(f"entry/{next_key}/all").text


def _of_entries(words: Sequence[str], pages: Pages) -> None:
    """What was sent, on the clinician's pages and beside the next entry: all payloads in one entry of a world."""
    lines = -(-len(words) // PROMPTS)
    for part in ([CALM] * (lines * PROMPTS), words):
        with small_world() as world:
            ada = patient(world)
            key = ada.write("six-done-1", _as_answers(part, 1))
            doctor, following = clinician(world), ada.begin("six-done-2")
            for name, html in _sent_pages(ada, doctor, key, following):
                _compare(pages, f"sent {name}", html, part)


def _named(world: World, words: Sequence[str]) -> None:
    """The record system's Patient with these words in every place for words, and a narrative that holds a script."""
    one, two, three = words
    records = world.records()
    found = records.read("Patient", "patient-six-done")
    found["name"] = [{"text": one, "family": two, "given": [three]}]
    found["identifier"] = [{"system": "http://maplegrove.example/mrn", "value": two}, {"value": three}]
    found["text"] = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{three}</div>'}
    records.update("Patient", "patient-six-done", found)


def _of_the_record_system(world: World, words: Sequence[str], pages: Pages) -> None:
    """A patient's names and numbers as the record system has them, on the pages of patient and clinician."""
    for part in ([CALM] * 3, *_in_parts(words, 3)):
        _named(world, [*part, CALM, CALM][:3])
        _compare(pages, "home of the named", patient(world).home.text, part)
    ada_free = [("chart", ""), ("beside", "side-by-side"), ("visits", "visits")]
    for part in ([CALM] * 3, *_in_parts(words[::5], 3)):
        _named(world, [*part, CALM, CALM][:3])
        doctor = clinician(world)
        for name, path in ada_free:
            _compare(pages, f"{name} of the named", doctor.get(path).text, part)


def _of_requests(world: World, words: Sequence[str], pages: Pages) -> None:
    """What stands in addresses: of launches, of filters, of pages that are not there."""
    watching, browser = officer(world), Browser(world)
    asked: dict[str, Callable[[str], str]] = {
        "filter": lambda said: watching.get(f"?patient={said}&person={said}&client={said}").text,
        "wrong filter": lambda said: watching.get(f"?since={said}&until={said}&deed={said}").text,
        "who": lambda said: watching.get(f"patient/x-{_in_a_path(said)}").text,
        "launch": lambda said: browser.ask("GET", f"{JOURNAL}/launch/patient?launch=x&iss={said}").text,
        "way back": lambda said: browser.ask("GET", f"{JOURNAL}/launch/callback?state=x&error={said}").text,
        "nowhere": lambda said: browser.ask("GET", f"{JOURNAL}/{_in_a_path(said)}").text,
    }
    for name, ask in asked.items():
        pages.is_calm(name, ask(CALM) + CALM)
        for one in words:
            pages.is_hostile(
                name, ask(quote(one, safe="")), [one], counted=name not in ("filter", "wrong filter")
            )


def _in_a_path(said: str) -> str:
    """A slash would make it another address; and a test reaches a server by ASCII paths only."""
    return re.sub(r"%([89A-F][0-9A-F])", r"_\1", said.replace("%2F", "|"))


def _of_apps(world: World, words: Sequence[str], pages: Pages) -> None:
    """The access log shows which app asked, and for whom: both named by the record system's tokens."""
    watching = officer(world)
    for part in ([CALM], *([one] for one in words)):
        App(world, app_of(world, client_id=part[0][:255]).token).get("QuestionnaireResponse")
        _compare(pages, "log", watching.get().text, part, counted=False)


def prove(n: int, seed: int, report: Report) -> Figures:
    """Show n payloads in every field; the seed says with which of the corpus one begins."""
    corpus = payloads()
    words = [corpus[(seed - 1 + number * 7) % len(corpus)] for number in range(n)]
    pages = Pages()
    with small_world() as world:
        for place in (_of_drafts, _of_the_record_system, _of_requests, _of_apps):
            place(world, words, pages)
            report(f"{place.__name__}: {pages.compared} pages compared, {len(pages.changed)} changed")
        world.witness.hold()
    _of_entries(words, pages)
    for changed in pages.changed[:20]:
        report(changed)
    return Figures(
        planned=n,
        injected=len(set(words)),
        counted={
            "payloads": len(set(words)),
            "fields": 16,
            "pages": pages.compared,
            "payloads_seen_as_words": pages.shown,
            "dom_changes": len(pages.changed),
        },
        bars={
            "dom_changes": exactly(0),
            "pages": at_least(8 * n),
            "payloads_seen_as_words": at_least(2 * n),
        },
    )
