"""Breaking text into lines of a given width: every sign is measured, and no mark-up is known.

A word without end, or ten thousand line breaks, is broken here, before any page is laid out (threat T36).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from service.summary.bidi import levels, runs_right_to_left, visual_order
from service.summary.fonts import Faces
from service.summary.glyphs import Cluster, clusters

# Wider gaps than this would make programs that read the PDF take an answer for a table, column by column.
_WIDE_GAP, _WIDEST_GAP = re.compile(r" {3,}|\t[ \t]*| +\t[ \t]*"), "  "
_EMPTY_LINES_IN_A_ROW = 2
_BREAK_AFTER = frozenset("-–—/")
# Programs that read the PDF take a hyphen at the end of a line for the line's own and drop it, unless a sign follows.
_HYPHEN, _NO_SPACE = "-", "\u200b"
_ROUNDING = 0.001


class Span(NamedTuple):
    """Signs that are drawn in one go: of one font, and either all codes or none."""

    text: str
    font: str
    is_code: bool


class Line(NamedTuple):
    """One line as it is drawn from left to right; `width` in points, `from_right` where its paragraph begins there."""

    spans: tuple[Span, ...]
    width: float
    from_right: bool


def break_lines(text: str, faces: Faces, *, size: float, width: float, bold: bool = False) -> Iterator[Line]:
    """The text in lines of at most `width` points at this font size; more than two empty lines in a row become two."""
    empty = 0
    for paragraph in _paragraphs(text):
        empty = 0 if paragraph.strip() else empty + 1
        if empty <= _EMPTY_LINES_IN_A_ROW:
            yield from _paragraph_lines(list(clusters(paragraph, faces, bold=bold)), size, width)


def shorten(text: str, faces: Faces, *, size: float, width: float, bold: bool = False) -> Line:
    """As much of the text as one line holds, with an ellipsis where that is not all of it."""
    lines = break_lines(text, faces, size=size, width=width, bold=bold)
    first = next(lines)
    if next(lines, None) is None:
        return first
    (ellipsis,) = clusters("…", faces, bold=bold)
    room = width - ellipsis.width * size
    kept = next(break_lines(text, faces, size=size, width=room, bold=bold))
    span = Span(ellipsis.text, ellipsis.font, False)
    return Line((*kept.spans, span), kept.width + ellipsis.width * size, kept.from_right)


def _paragraphs(text: str) -> list[str]:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return _WIDE_GAP.sub(_WIDEST_GAP, plain).split("\n")


def _paragraph_lines(signs: list[Cluster], size: float, width: float) -> Iterator[Line]:
    if not any(runs_right_to_left(sign.text) for sign in signs):
        for start, end in _breaks(signs, width / size):
            yield _line(signs[start:end], size, from_right=False)
        return
    base, each = levels([_direction(sign) for sign in signs])
    for start, end in _breaks(signs, width / size):
        order = visual_order(each[start:end])
        yield _line([signs[start + place] for place in order], size, from_right=base == 1)


def _direction(sign: Cluster) -> str:
    return unicodedata.bidirectional(sign.text[0]) or "L"


def _breaks(signs: Sequence[Cluster], width: float) -> Iterator[tuple[int, int]]:
    """Where each line begins and ends; spaces at the end of a line are on none."""
    start, used, chance = 0, 0.0, 0
    for index, sign in enumerate(signs):
        if used + sign.width > width + _ROUNDING and index > start and sign.text != " ":
            cut = chance if chance > start else index
            yield start, _without_spaces(signs, start, cut)
            start, used = cut, sum(each.width for each in signs[cut:index])
        used += sign.width
        if _may_break_after(signs, index):
            chance = index + 1
    yield start, _without_spaces(signs, start, len(signs))


def _without_spaces(signs: Sequence[Cluster], start: int, end: int) -> int:
    while end > start and signs[end - 1].text == " ":
        end -= 1
    return end


def _may_break_after(signs: Sequence[Cluster], index: int) -> bool:
    sign = signs[index]
    if sign.text in _BREAK_AFTER:
        return index > 0 and signs[index - 1].text.isalnum()
    return sign.text == " " or sign.is_code


def _line(signs: list[Cluster], size: float, *, from_right: bool) -> Line:
    if signs and signs[-1].text == _HYPHEN:
        signs = [*signs, signs[-1]._replace(text=_NO_SPACE, width=0.0)]
    spans = tuple(
        Span("".join(sign.text for sign in group), font, is_code)
        for (font, is_code), group in groupby(signs, key=lambda sign: (sign.font, sign.is_code))
    )
    return Line(spans, sum(sign.width for sign in signs) * size, from_right)
