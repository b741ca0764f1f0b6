"""The summary as a PDF: draws what the layout placed, in embedded fonts, the same bytes for the same summary (W-01).

It is tagged, so what it says can be heard and copied as it was typed. Text is drawn sign by sign on a canvas:
ReportLab's paragraphs, which read mark-up, links and pictures out of text, are not used at all, so nothing a patient
writes is ever more than letters (threat T36).
"""

import io
from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from service.summary import layout
from service.summary.archival import declare
from service.summary.blocks import Document
from service.summary.fonts import Faces, load_faces
from service.summary.layout import (
    ACCENT,
    INK,
    LEFT,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    QUIET,
    RIGHT,
    Placed,
    Text,
)
from service.summary.lines import shorten
from service.summary.outline import Outline
from service.summary.signs import one_line, visible
from service.summary.structure import Structure
from service.summary.tagging import Tagger

PRODUCT = "Infusion Journal"
MOST_PAGES = 400
_RULE, _TINT, _BAR = "#c9d3d6", "#eef4f5", "#a9c3c9"
_BASELINE = 0.76
_HEAD, _FOOT = 742.0, 44.0
_PAGE_NUMBER, _CLINIC_SHARE = 110.0, 0.42

# Begins the marks of an element; with a text that what follows is to be read as.
_Mark = Callable[[str | None], None]


def load_fonts() -> None:
    """Read the fonts now rather than at the first summary."""
    load_faces()


def draw(said: Document, most_pages: int = MOST_PAGES) -> bytes:
    """The PDF of this document; CannotRender where it would take more than `most_pages` pages."""
    faces = load_faces()
    made = layout.pages(said, faces, most_pages)
    output = io.BytesIO()
    canvas = _canvas(output, said, faces)
    tagger = Tagger(canvas)
    structure = Structure(tagger.root, said)
    outline = Outline(canvas, said)
    for number, placed in enumerate(made, 1):
        tagger.decorate("Header")
        _head(canvas, said, faces)
        tagger.decorate()
        _tints(canvas, placed)
        _bars(canvas, placed)
        _body(canvas, placed, tagger, structure, outline)
        tagger.decorate("Footer")
        _foot(canvas, said, faces, number, len(made))
        tagger.end_page()
    structure.finish()
    tagger.finish()
    canvas.save()
    return output.getvalue()


def _canvas(output: io.BytesIO, said: Document, faces: Faces) -> Any:
    canvas = Canvas(
        output,
        pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
        pageCompression=1,
        invariant=1,
        pdfVersion=(1, 7),
        lang=said.language,
        initialFontName=faces.plain.name,
    )
    title = visible(one_line(said.title))
    canvas.setTitle(title)
    canvas.setAuthor(PRODUCT)
    canvas.setCreator(PRODUCT)
    canvas.setProducer(PRODUCT)
    canvas.setSubject(said.authorship)
    declare(canvas, title=title, subject=said.authorship, product=PRODUCT, language=said.language)
    return canvas


def _head(canvas: Any, said: Document, faces: Faces) -> None:
    """What stands at the head of every page: who wrote it, whose it is, which clinic (W-05)."""
    clinic = (RIGHT - LEFT) * _CLINIC_SHARE
    _put(
        canvas,
        said.authorship,
        LEFT,
        _HEAD,
        faces,
        colour=ACCENT,
        width=RIGHT - LEFT - clinic - 12,
        bold=True,
    )
    _put(canvas, said.clinic_name, RIGHT, _HEAD, faces, colour=QUIET, width=clinic, to_left=True)
    _put(canvas, " · ".join(said.patient), LEFT, _HEAD - 16, faces, colour=INK, width=RIGHT - LEFT, bold=True)
    _rule(canvas, _HEAD - 25)


def _foot(canvas: Any, said: Document, faces: Faces, number: int, of: int) -> None:
    page = said.words.page_of.format(page=number, pages=of)
    _put(canvas, page, RIGHT, _FOOT, faces, colour=QUIET, width=_PAGE_NUMBER, to_left=True)
    _put(canvas, said.title, LEFT, _FOOT, faces, colour=QUIET, width=RIGHT - LEFT - _PAGE_NUMBER)
    _rule(canvas, _FOOT + 15)


def _put(
    canvas: Any,
    text: str,
    x: float,
    y: float,
    faces: Faces,
    *,
    colour: str,
    width: float,
    bold: bool = False,
    to_left: bool = False,
) -> None:
    line = shorten(text, faces, size=9, width=width, bold=bold)
    _draw(canvas, Text(x - line.width if to_left else x, line, 9, colour), y)


def _rule(canvas: Any, y: float) -> None:
    canvas.setStrokeColor(HexColor(_RULE))
    canvas.setLineWidth(0.6)
    canvas.line(LEFT, y, RIGHT, y)


def _body(canvas: Any, placed: list[Placed], tagger: Tagger, structure: Structure, outline: Outline) -> None:
    for each in placed:
        outline.note(each)
        element = structure.element(each.row)
        for text in each.row.texts:
            _draw(canvas, text, each.top - each.row.height * _BASELINE, partial(tagger.mark, element))


def _tints(canvas: Any, placed: list[Placed]) -> None:
    for tinted, group in groupby(placed, key=lambda each: each.row.tinted):
        if tinted:
            rows = list(group)
            foot = rows[-1].top - rows[-1].row.height - 8
            canvas.setFillColor(HexColor(_TINT))
            canvas.roundRect(LEFT, foot, RIGHT - LEFT, rows[0].top + 8 - foot, 4, stroke=0, fill=1)


def _bars(canvas: Any, placed: list[Placed]) -> None:
    for x, group in groupby(placed, key=lambda each: each.row.bar):
        if x is not None:
            rows = list(group)
            canvas.setStrokeColor(HexColor(_BAR))
            canvas.setLineWidth(1.5)
            canvas.line(x, rows[0].top - 1, x, rows[-1].top - rows[-1].row.height + 2)


def _draw(canvas: Any, text: Text, y: float, mark: _Mark | None = None) -> None:
    """A line, `mark`ed run by run as what programs should take it for; without `mark` it is decoration."""
    x = text.x
    for read_as, spans in groupby(text.line.spans, key=lambda span: span.read_as):
        if mark is not None:
            mark(read_as)
        drawn = canvas.beginText(x, y)
        for span in spans:
            drawn.setFont(span.font, text.size)
            drawn.setFillColor(HexColor(QUIET if span.is_code else text.colour))
            drawn.textOut(span.text)
        canvas.drawText(drawn)
        x = drawn.getX()
