"""Breaking text into lines of a given width: every sign is measured, and no mark-up is known.

A word without end, or ten thousand line breaks, is broken here, before any page is laid out (threat T36).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from service.summary import signs
from service.summary.bidi import levels, mirrored, runs_right_to_left, visual_order
from service.summary.fonts import Faces
from service.summary.glyphs import Cluster, clusters
from service.summary.joining import joined

# Wider gaps than this would make programs that read the PDF take an answer for a table, column by column.
_WIDE_GAP, _WIDEST_GAP = re.compile(r" {3,}|\t[ \t]*| +\t[ \t]*"), "  "
_EMPTY_LINES_IN_A_ROW = 2
_BREAK_AFTER = frozenset("-–—/")
# Programs that read the PDF take a hyphen at the end of a line for the line's own and drop it, unless a sign follows.
_HYPHEN, NO_SPACE = "-", "\u200b"
_SPACES = " \t"
_ROUNDING = 0.001


class Span(NamedTuple):
    """Signs that are drawn in one go: of one font, and either all codes or none.

    `read_as` is what a program should take them for, where that is not what is drawn.
    """

    text: str
    font: str
    is_code: bool = False
    read_as: str | None = None


class Line(NamedTuple):
    """One line as it is drawn from left to right; `width` in points, `from_right` where its paragraph begins there.

    `paragraph` counts those of the text that are not empty, from 0. A space at the end is drawn where the line broke
    at one, outside its width, so that programs read whole words.
    """

    spans: tuple[Span, ...]
    width: float
    from_right: bool
    paragraph: int = 0


def break_lines(text: str, faces: Faces, *, size: float, width: float, bold: bool = False) -> Iterator[Line]:
    """The text in lines of at most `width` points at this font size; more than two empty lines in a row become two."""
    empty, number = 0, -1
    for paragraph in _paragraphs(text):
        is_empty = not paragraph.strip(_SPACES)
        empty, number = (empty + 1, number) if is_empty else (0, number + 1)
        if empty <= _EMPTY_LINES_IN_A_ROW:
            drawn = list(clusters(joined(paragraph, faces.shapes), faces, bold=bold))
            for line in _paragraph_lines(drawn, size, width):
                yield line._replace(paragraph=max(number, 0))


def paragraphs(text: str) -> list[str]:
    """The paragraphs by those numbers as typed: joined by line ends they are the text, its empty lines and all."""
    found, empty = list[str](), ""
    for line in signs.lines(text):
        if line.strip(_SPACES):
            found.append(empty + line)
            empty = ""
        else:
            empty += f"{line}\n"
    return [*found[:-1], f"{found[-1]}\n{empty}".removesuffix("\n")] if found and empty else found


def shorten(text: str, faces: Faces, *, size: float, width: float, bold: bool = False) -> Line:
    """As much of the text as one line holds, with an ellipsis where that is not all of it."""
    lines = break_lines(text, faces, size=size, width=width, bold=bold)
    first = next(lines)
    if next(lines, None) is None:
        return first
    (ellipsis,) = clusters("…", faces, bold=bold)
    room = width - ellipsis.width * size
    kept = next(break_lines(text, faces, size=size, width=room, bold=bold))
    span = Span(ellipsis.text, ellipsis.font)
    return Line((*kept.spans, span), kept.width + ellipsis.width * size, kept.from_right)


def _paragraphs(text: str) -> list[str]:
    return _WIDE_GAP.sub(_WIDEST_GAP, "\n".join(signs.lines(text)).strip("\n")).split("\n")


def _paragraph_lines(signs: list[Cluster], size: float, width: float) -> Iterator[Line]:
    if not any(runs_right_to_left(sign.text) for sign in signs):
        for start, end, cut in _breaks(signs, width / size):
            yield _line(signs[start:end], size, space=signs[end] if cut == end + 1 else None)
        return
    base, each = levels([_direction(sign) for sign in signs], [sign.text for sign in signs])
    for start, end, _ in _breaks(signs, width / size):
        order = visual_order(each[start:end])
        seen = [_turned(signs[start + place], each[start + place]) for place in order]
        yield _line(seen, size, from_right=base == 1)


def _direction(sign: Cluster) -> str:
    """Its bidi class; codes stand from left to right, and so do signs that have none."""
    return "L" if sign.is_code else unicodedata.bidirectional(sign.text[0]) or "L"


def _turned(sign: Cluster, level: int) -> Cluster:
    """A sign as it looks at this level: brackets among writing from right to left turn around, and read as before."""
    if level % 2 == 0 or mirrored(sign.text) == sign.text:
        return sign
    return sign._replace(text=mirrored(sign.text), read_as=sign.text)


def _breaks(signs: Sequence[Cluster], width: float) -> Iterator[tuple[int, int, int]]:
    """Where each line begins and ends and where the next begins; spaces at the end of a line are on none."""
    start, used, chance = 0, 0.0, 0
    for index, sign in enumerate(signs):
        if used + sign.width > width + _ROUNDING and index > start and sign.text != " ":
            cut = chance if chance > start else index
            yield start, _without_spaces(signs, start, cut), cut
            start, used = cut, sum(each.width for each in signs[cut:index])
        used += sign.width
        if _may_break_after(signs, index):
            chance = index + 1
    end = _without_spaces(signs, start, len(signs))
    yield start, end, len(signs)


def _without_spaces(signs: Sequence[Cluster], start: int, end: int) -> int:
    while end > start and signs[end - 1].text == " ":
        end -= 1
    return end


def _may_break_after(signs: Sequence[Cluster], index: int) -> bool:
    sign = signs[index]
    if sign.text in _BREAK_AFTER:
        return index > 0 and signs[index - 1].text.isalnum()
    return sign.text == " " or sign.is_code


def _line(
    signs: list[Cluster], size: float, *, from_right: bool = False, space: Cluster | None = None
) -> Line:
    width = sum(sign.width for sign in signs) * size
    if signs and signs[-1].text == _HYPHEN:
        signs = [*signs, signs[-1]._replace(text=NO_SPACE, width=0.0)]
    if signs and space:
        signs = [*signs, space]
    return Line(tuple(_spans(signs)), width, from_right)


def _spans(signs: list[Cluster]) -> Iterator[Span]:
    for (font, is_code, otherwise), group in groupby(signs, key=_kind):
        drawn = list(group)
        read_as = "".join(sign.read_as or "" for sign in drawn) if otherwise else None
        yield Span("".join(sign.text for sign in drawn), font, is_code, read_as)


def _kind(sign: Cluster) -> tuple[str, bool, bool]:
    return sign.font, sign.is_code, sign.read_as is not None
