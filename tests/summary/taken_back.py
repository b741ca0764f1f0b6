"""Taking a summary's words back out of each rendition, as somebody would who has only that one.

Knows nothing of how renditions are made, only what each says of itself: bars before answers, quotations, a style named
Answer, tags. It is the judge of whether an answer can be recovered exactly.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from xml.etree import ElementTree

from service.summary.renditions import Rendition
from tests.summary.rtf_reading import paragraphs
from tests.summary.tags_reading import elements

_CODE = re.compile(r"\[U\+([0-9A-F]{4,6})\]")
_XHTML = "{http://www.w3.org/1999/xhtml}"
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
# Everything a rendition of ours may hold, and the attributes that are allowed on it (XHTML 1.0 Strict has them all).
_ALLOWED = {
    "html": {"lang", "{http://www.w3.org/XML/1998/namespace}lang", "dir"},
    "head": set[str](),
    "meta": {"http-equiv", "content"},
    "title": set[str](),
    "style": {"type"},
    "body": set[str](),
    "br": set[str](),
    "blockquote": {"dir"},
    "div": {"class"},
    "span": {"class"},
} | {
    name: {"class", "dir", "lang", "{http://www.w3.org/XML/1998/namespace}lang"} for name in ("p", *_HEADINGS)
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What one rendition says: its first line, its headings if it marks any, and the answers in their order."""

    first: str
    headings: tuple[str, ...] | None
    answers: tuple[str, ...]


def decoded(text: str) -> str:
    """The text with each code turned back into its character."""
    return _CODE.sub(lambda found: chr(int(found[1], 16)), text)


def typed(words: str) -> str:
    """What was typed, its lines ended in one way."""
    return words.replace("\r\n", "\n").replace("\r", "\n")


def take_back(rendition: Rendition, made: bytes) -> Taken:
    """What this rendition says; any error where it is not well formed."""
    return _READERS[rendition](made)


def of_text(made: bytes) -> Taken:
    """Plain text: answers are the runs of lines behind bars; what is a heading it does not say."""
    lines = made.decode("utf-8").split("\n")
    barred = (
        "\n".join(line[2:] for line in run)
        for is_answer, run in groupby(lines, key=lambda line: line.startswith("|"))
        if is_answer
    )
    return Taken(lines[0], None, tuple(decoded(answer) for answer in barred))


def of_xhtml(made: bytes) -> Taken:
    """XHTML, read by a strict parser: answers are the quotations."""
    root = ElementTree.fromstring(made)
    wrong = [element.tag for element in root.iter() if not _is_allowed(element)]
    if wrong:
        raise ValueError(f"not of ours: {wrong[0]}")
    body = root.find(f"{_XHTML}body")
    assert body is not None
    headings = (one for one in body.iter() if one.tag.removeprefix(_XHTML) in _HEADINGS)
    quoted = ("\n".join(_text(part) for part in quotation) for quotation in body.iter(f"{_XHTML}blockquote"))
    return Taken(
        decoded(_text(body[0])),
        tuple(decoded(_text(one)) for one in headings),
        tuple(decoded(answer) for answer in quoted),
    )


def _is_allowed(element: ElementTree.Element) -> bool:
    allowed = _ALLOWED.get(element.tag.removeprefix(_XHTML))
    loose = element.tag == f"{_XHTML}blockquote" and any(part.tag != f"{_XHTML}p" for part in element)
    return allowed is not None and set(element.keys()) <= allowed and not loose


def _text(element: ElementTree.Element) -> str:
    inner = ("\n" if part.tag == f"{_XHTML}br" else _text(part) for part in element)
    tails = (part.tail or "" for part in element)
    return (element.text or "") + "".join(text + tail for text, tail in zip(inner, tails, strict=True))


def of_rtf(made: bytes) -> Taken:
    """RTF: answers are the runs of paragraphs in the style that its style sheet calls Answer."""
    found = paragraphs(made)
    answers = (
        "\n".join(one.text for one in run)
        for is_answer, run in groupby(found, key=lambda one: one.style == "Answer")
        if is_answer
    )
    headings = (one.text for one in found if one.style.startswith("heading"))
    return Taken(
        decoded(found[0].text),
        tuple(decoded(one) for one in headings),
        tuple(decoded(answer) for answer in answers),
    )


def of_pdf(made: bytes) -> Taken:
    """A PDF's tags: answers are the quotations, a paragraph in them for each of theirs."""
    found = list(elements(made))
    return Taken(
        decoded(found[0].text),
        tuple(decoded(one.text) for one in found if re.fullmatch(r"H\d", one.kind)),
        tuple(decoded("\n".join(one.parts)) for one in found if one.kind == "BlockQuote"),
    )


def answers_of_text(made: bytes) -> list[str]:
    """The answers of a plain text."""
    return list(of_text(made).answers)


_READERS: dict[Rendition, Callable[[bytes], Taken]] = {
    Rendition.PDF: of_pdf,
    Rendition.TEXT: of_text,
    Rendition.XHTML: of_xhtml,
    Rendition.RTF: of_rtf,
}
