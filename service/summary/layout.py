"""Where everything stands: a document's blocks as rows of text on pages, in points, before anything is drawn."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count

from service.summary.bidi import has_points
from service.summary.blocks import Block, Document, Role
from service.summary.fonts import Faces
from service.summary.lines import Line, Span, break_lines
from service.summary.problems import CannotRender, Cause
from service.summary.words import Words

# US Letter; A4 is narrower by 17 points and higher by 50, so both print it whole.
PAGE_WIDTH, PAGE_HEIGHT = 612.0, 792.0
LEFT, RIGHT = 66.0, 546.0
TOP, BOTTOM = 696.0, 74.0
_PADDING = 10.0
_BAR_GAP = 8.0

INK, QUIET, ACCENT, WARN = "#1c2b30", "#56666c", "#1f5663", "#7a3b12"


@dataclass(frozen=True, slots=True)
class Style:
    """How one kind of text looks; all lengths in points. `label_width` is the column its label stands in."""

    size: float
    leading: float
    colour: str = INK
    bold: bool = False
    before: float = 0.0
    indent: float = 0.0
    label_width: float = 0.0
    label_colour: str = QUIET
    label_bold: bool = False
    barred: bool = False
    tinted: bool = False


_NUMBERS = 30.0
_LABELS = 92.0
_STYLES = {
    Role.AUTHORSHIP: Style(10, 14, ACCENT, bold=True),
    Role.TITLE: Style(18, 24, INK, bold=True, before=3),
    Role.FACT: Style(10.5, 15, before=4, label_width=_LABELS),
    Role.REMARK: Style(10, 14.5, WARN, before=9),
    Role.SECTION: Style(14, 19, ACCENT, bold=True, before=26),
    Role.PROMPT: Style(
        11, 15.5, bold=True, before=22, label_width=_NUMBERS, label_colour=ACCENT, label_bold=True
    ),
    Role.WHEN: Style(9.5, 13.5, ACCENT, bold=True, before=15, indent=_NUMBERS),
    Role.ANSWER: Style(11, 16.5, before=6, indent=_NUMBERS, barred=True),
    Role.ABSENT: Style(11, 16.5, QUIET, before=6, indent=_NUMBERS),
    Role.PRIVATE: Style(9.5, 13.5, WARN, bold=True, before=6, indent=_NUMBERS),
    Role.NOTICE_TITLE: Style(11, 15.5, bold=True, before=28, indent=_PADDING, tinted=True),
    Role.NOTICE: Style(10.5, 15.5, before=4, indent=_PADDING, tinted=True),
    Role.ABOUT_TITLE: Style(9.5, 13, QUIET, bold=True, before=24),
    Role.ABOUT: Style(8.5, 12, QUIET, before=1.5, label_width=_LABELS),
}
_NOTE = Style(8.5, 12, QUIET, before=6, indent=_NUMBERS)
# What never stands alone at the foot of a page.
_LEADS_ON = frozenset(
    {
        Role.TITLE,
        Role.FACT,
        Role.SECTION,
        Role.PROMPT,
        Role.WHEN,
        Role.PRIVATE,
        Role.NOTICE_TITLE,
        Role.NOTICE,
        Role.ABOUT_TITLE,
    }
)


@dataclass(frozen=True, slots=True)
class Text:
    """A line at its horizontal place."""

    x: float
    line: Line
    size: float
    colour: str


@dataclass(frozen=True, slots=True)
class Row:
    """What stands at one height. `before` is left free above it, but for the top of a page.

    `part` is the block it belongs to, by its number, and the paragraph in that; `bar` where a bar stands beside it.
    """

    texts: tuple[Text, ...]
    height: float
    before: float
    source: Block
    part: tuple[int, int] = (0, 0)
    leads_on: bool = False
    bar: float | None = None
    tinted: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A row at its place: `top` and `height` in points from the foot of the page."""

    row: Row
    top: float


def pages(document: Document, faces: Faces, most: int) -> list[list[Placed]]:
    """The document's rows, page by page; CannotRender where that takes more than `most` pages."""
    made: list[list[Placed]] = [[]]
    top = TOP
    for group in _groups(_rows(document, faces)):
        if made[-1] and top - sum(row.before + row.height for row in group) < BOTTOM:
            if len(made) == most:
                raise CannotRender(Cause.TOO_MANY_PAGES)
            made.append([])
            top = TOP
        for row in group:
            top -= row.before if made[-1] else 0
            made[-1].append(Placed(row, top))
            top -= row.height
    return made


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows that must not be parted by the end of a page; a group is never longer than a few lines."""
    group: list[Row] = []
    for row in rows:
        group.append(row)
        if not row.leads_on or sum(each.height for each in group) > (TOP - BOTTOM) / 3:
            yield group
            group = []
    if group:
        yield group


def _rows(document: Document, faces: Faces) -> Iterator[Row]:
    number = count()
    for block in document.blocks:
        rows = _numbered(_block_rows(block, _STYLES[block.role], faces), next(number))
        if block.role in _LEADS_ON:
            rows = [replace(row, leads_on=True) for row in rows]
        elif len(rows) > 1:
            rows[0] = replace(rows[0], leads_on=True)
            rows[-2] = replace(rows[-2], leads_on=True)
        yield from rows
        if block.role is Role.ANSWER:
            for note in _notes(block.text, rows, document.words):
                yield from _numbered(_block_rows(Block(Role.REMARK, note), _NOTE, faces), next(number))


def _numbered(rows: Iterable[Row], number: int) -> list[Row]:
    return [replace(row, part=(number, row.part[1])) for row in rows]


def _notes(text: str, rows: list[Row], words: Words) -> Iterator[str]:
    """What a reader must know about how this answer stands on the page."""
    if has_points(text):
        yield words.points
    if any(span.is_code for row in rows for text_ in row.texts for span in text_.line.spans):
        yield words.codes


def _block_rows(block: Block, style: Style, faces: Faces) -> Iterator[Row]:
    x = LEFT + style.indent + style.label_width
    right = RIGHT - (_PADDING if style.tinted else _BAR_GAP if style.barred else 0)
    labels = _label(block, style, faces)
    before, bar = style.before, None
    for line in break_lines(block.text, faces, size=style.size, width=right - x, bold=style.bold):
        if style.barred and (line.spans or bar is None):  # an empty line has no side of its own
            bar = right + _BAR_GAP if line.from_right else x - _BAR_GAP
        text = Text(right - line.width if line.from_right else x, line, style.size, style.colour)
        part = 0, line.paragraph
        yield Row((*labels, text), style.leading, before, block, part, bar=bar, tinted=style.tinted)
        labels, before = (), 0.0


def _label(block: Block, style: Style, faces: Faces) -> tuple[Text, ...]:
    """The label with a space after it, so that programs read it as a word of its own."""
    if not block.label:
        return ()
    room = style.label_width - 4
    line = next(break_lines(block.label, faces, size=style.size, width=room, bold=style.label_bold))
    spaced = line._replace(spans=(*line.spans, Span(" ", faces.plain.name)))
    return (Text(LEFT + style.indent, spaced, style.size, style.label_colour),)
