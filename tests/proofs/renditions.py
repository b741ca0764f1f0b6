"""Every answer is taken back exactly, as it was typed, from each of the four forms of a summary.

Hostile and multilingual texts go the service's own way: the child that makes PDFs, and the three text forms. What is
taken back is judged by readers that know nothing of how it was made: a strict XML parser, an RTF reader written after
the specification, pypdf along the tags, and over the pages poppler where it is installed. Spoiled documents are planted
beside them, and each has to be found.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import ceil
from multiprocessing import get_context

from service.summary.content import Summary
from service.summary.rendering import Limits, RenderingChild
from service.summary.renditions import Rendition
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.renditions_cases import Case, case, planted
from tests.proofs.renditions_texts import texts
from tests.summary.reading import READERS, active_in, missing
from tests.summary.taken_back import take_back, typed

DEFAULT_N = 5_500
CI_N = 200

_WORKERS = 2
_TEXTS_A_DOCUMENT = 10
_DOCUMENTS_A_TASK = 5
_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of some documents: how many, the texts that were not taken back from one form, and milliseconds."""

    documents: int
    lost: tuple[tuple[Rendition, str], ...]
    foreign: int
    milliseconds: tuple[float, ...]


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n texts, ten to a document, each in all four forms; and the spoiled ones."""
    tasks = list(_tasks(list(texts(n, seed))))
    judged = []
    with ProcessPoolExecutor(_WORKERS, mp_context=get_context("spawn")) as workers:
        for number, one in enumerate(workers.map(judge, tasks), 1):
            judged.append(one)
            for rendition, text in one.lost:
                report(f"{rendition}: lost {text[:200]!a}")
            if number % 20 == 0:
                report(f"{sum(each.documents for each in judged)} documents")
    lost = sum(len(each.lost) for each in judged)
    made = sorted(ms for each in judged for ms in each.milliseconds)
    planned, spoiled, found = _planted(report)
    return Figures(
        planned=planned,
        injected=spoiled,
        counted={
            "texts": n,
            "documents": sum(each.documents for each in judged),
            "failures": lost,
            "recovered_percent": 100 * (4 * n - lost) // (4 * n),
            "foreign_objects": sum(each.foreign for each in judged),
            "planted_found": found,
            "page_readers": len(READERS),
            "p99_ms": made[ceil(len(made) * 0.99) - 1],
            "max_ms": made[-1],
        },
        bars={
            "texts": at_least(1),
            "failures": exactly(0),
            "recovered_percent": exactly(100),
            "foreign_objects": exactly(0),
            "planted_found": exactly(planned),
        },
    )


def _tasks(all_texts: list[str]) -> Iterator[list[Case]]:
    cases = [
        case(at // _TEXTS_A_DOCUMENT, tuple(all_texts[at : at + _TEXTS_A_DOCUMENT]))
        for at in range(0, len(all_texts), _TEXTS_A_DOCUMENT)
    ]
    for at in range(0, len(cases), _DOCUMENTS_A_TASK):
        yield cases[at : at + _DOCUMENTS_A_TASK]


def judge(cases: Sequence[Case]) -> Judged:
    """Render some documents in all four forms and take back what they say."""
    child = RenderingChild(Limits())
    lost: list[tuple[Rendition, str]] = []
    foreign, milliseconds = 0, []
    try:
        child.render(cases[0].summary, _SECONDS)  # its start is not a rendering
        for one in cases:
            for rendition in Rendition:
                began = time.perf_counter()
                made = child.render(one.summary, _SECONDS, rendition)
                milliseconds += [(time.perf_counter() - began) * 1000] if rendition is Rendition.PDF else []
                lost += [(rendition, text) for text in not_taken_back(one, rendition, made)]
                foreign += len(active_in(made)) if rendition is Rendition.PDF else 0
    finally:
        child.close()
    return Judged(len(cases), tuple(lost), foreign, tuple(milliseconds))


def not_taken_back(one: Case, rendition: Rendition, made: bytes) -> list[str]:
    """The answers that it does not give back as they were typed; all of them where it is no such document."""
    try:
        taken = take_back(rendition, made)
    except Exception:  # whatever stops a reader, the document is not readable
        return list(one.answers)
    if (
        taken.first != one.first
        or taken.headings not in (None, one.headings)
        or len(taken.answers) != len(one.answers)
    ):
        return list(one.answers)
    pairs = zip(one.answers, taken.answers, strict=True)
    wrong = [answer for answer, given in pairs if given != typed(answer)]
    return wrong + (_not_on_pages(one, made) if rendition is Rendition.PDF else [])


def _not_on_pages(one: Case, made: bytes) -> list[str]:
    """Answers of which some sign cannot be copied from the pages, whatever the tags say."""
    if "poppler" not in READERS:
        return []
    text = READERS["poppler"](made)
    return [answer for answer in one.answers if missing(text, answer)]


def _planted(report: Callable[[str], None]) -> tuple[int, int, int]:
    """How many spoiled documents were planted, how many of them really differ, and how many were found."""
    child = RenderingChild(Limits())
    planned = spoiled = found = 0
    try:
        for name, honest, rendition, made in planted(lambda summary, form: _made(child, summary, form)):
            planned += 1
            spoiled += made != _made(child, honest.summary, rendition)
            is_found = bool(not_taken_back(honest, rendition, made))
            found += is_found
            if not is_found:
                report(f"{rendition}: nobody saw {name}")
    finally:
        child.close()
    return planned, spoiled, found


def _made(child: RenderingChild, summary: Summary, rendition: Rendition) -> bytes:
    return child.render(summary, _SECONDS, rendition)
