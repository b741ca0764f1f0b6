"""The documents that hold the texts, what has to be found in each, and the spoiled ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from service.summary.content import Summary
from service.summary.course_content import CourseSummary
from service.summary.renditions import Rendition
from tests.summary.courses import FIRST, OWN, course, entry, infusion
from tests.summary.samples import PROMPTS, answered

_LAST = ("Please note", "About this document")
_COURSE_EVERY = 4

Answers = tuple[str, ...]
Make = Callable[[Summary, Rendition], bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """A document before it is made: its first line, its headings and its answers, in the order they stand in it."""

    summary: Summary | CourseSummary
    first: str
    headings: tuple[str, ...]
    answers: Answers


def case(number: int, texts: Answers) -> Case:
    """These texts as answers: every fourth time of a whole series, else of one entry."""
    if number % _COURSE_EVERY == _COURSE_EVERY - 1 and len(texts) % 2 == 0 and len(texts) > 2:
        return _of_course(texts)
    return _of_entry(texts, replaces=f"urn:uuid:{number}" if number % 2 else None)


def _of_entry(texts: Answers, replaces: str | None) -> Case:
    summary = answered(*texts, replaces=replaces)
    prompts = (f"{prompt.prefix} {prompt.text}" for prompt in summary.prompts)
    written = "Written by the patient"
    first = f"{written} · replaces the earlier version {replaces}" if replaces else written
    return Case(summary, first, (summary.set_title, *prompts, *_LAST), texts)


def _of_course(texts: Answers) -> Case:
    """Half the texts answer a prompt asked every time, the others one of their infusion's own."""
    half = len(texts) // 2
    numbered = [
        (number, entry(number, texts[number - 1], texts[half + number - 1])) for number in range(1, half + 1)
    ]
    whens = (f"Infusion {number} · {_day(number)}" for number, _ in numbered)
    own = (
        heading
        for number, each in numbered
        for heading in (each.set_title, f"1. {OWN.format(number=number)}")
    )
    headings = (
        "All infusions of one series",
        "The same questions after each infusion",
        PROMPTS[1],
        *whens,
        *own,
        *_LAST,
    )
    summary = course(*(infusion(number, each) for number, each in numbered))
    return Case(summary, "Written by the patient", headings, texts)


def _day(number: int) -> str:
    when = (FIRST + timedelta(days=7 * number)).astimezone(ZoneInfo("America/Los_Angeles"))
    return f"{when:%A}, {when.day} {when:%B} {when.year}"


# What is planted is always spoiled from these: line ends, gaps, codes and what looks like them.
_HONEST = ("One line\nand    another,\u200b with 🌊.", "Second \\par <b>.", "Третий [U+0041].", "fourth")
_SPOILERS: dict[str, Callable[[Answers], tuple[str | None, ...]]] = {
    "an answer without its last sign": lambda answers: (answers[0][:-1], *answers[1:]),
    "an answer without its first sign": lambda answers: (answers[0][1:], *answers[1:]),
    "two answers exchanged": lambda answers: (answers[1], answers[0], *answers[2:]),
    "a line end lost": lambda answers: (answers[0].replace("\n", " "), *answers[1:]),
    "a space lost": lambda answers: (answers[0].replace("    ", "   "), *answers[1:]),
    "a sign nobody sees lost": lambda answers: (answers[0].replace("\u200b", ""), *answers[1:]),
    "a code where one was typed": lambda answers: (
        *answers[:2],
        answers[2].replace("[U+0041]", "A"),
        answers[3],
    ),
    "a capital letter": lambda answers: (*answers[:3], answers[3].upper()),
    "an answer left out": lambda answers: (*answers[:3], None),
    "a word more": lambda answers: (*answers[:3], f"{answers[3]} never"),
}
_CUTS: dict[Rendition, tuple[tuple[bytes, bytes], ...]] = {
    Rendition.TEXT: ((b"\n| and", b"\nand"), (b"Written by", b"Written for")),
    Rendition.XHTML: ((b"</p></blockquote>", b"</blockquote>"), (b"<br />", b"<br>"), (b"<br />", b"")),
    Rendition.RTF: (
        (rb"\par}", rb"\par"),
        (rb"\s5", rb"\s0"),
        (rb"\u-10180?", b""),
        (rb"\u-10180", rb"\u-10179"),
    ),
    Rendition.PDF: (
        (b"/ActualText", b"/ActualTexx"),
        (b"/BlockQuote", b"/BlockQuotf"),
        (b"/MCID 3", b"/MCID 4"),
    ),
}


def planted(make: Make) -> Iterator[tuple[str, Case, Rendition, bytes]]:
    """Each spoiled document with its name and what it should have been: spoiled before it was made, or after."""
    honest = _of_entry(_HONEST, replaces=None)
    for rendition in Rendition:
        for name, spoil in _SPOILERS.items():
            yield name, honest, rendition, make(answered(*spoil(_HONEST)), rendition)
        made = make(answered(*_HONEST), rendition)
        for before, after in _CUTS[rendition]:
            yield f"{before!r} as {after!r}", honest, rendition, made.replace(before, after, 1)
        other = answered(*_HONEST)
        prompts = (replace(other.prompts[0], text="Something else?"), *other.prompts[1:])
        if rendition is not Rendition.TEXT:
            yield "another prompt", honest, rendition, make(replace(other, prompts=prompts), rendition)
        yield "another first line", honest, rendition, make(replace(other, replaces="urn:uuid:x"), rendition)
