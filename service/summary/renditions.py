"""The four forms in which one summary can be had, since part of the market takes no PDF (rule 23)."""

from collections.abc import Callable
from enum import StrEnum

from service.summary import pdf
from service.summary.blocks import Document
from service.summary.content import Summary, document
from service.summary.course_content import CourseSummary, course_document
from service.summary.plain_text import plain_text
from service.summary.rtf import rtf
from service.summary.xhtml import xhtml


class Rendition(StrEnum):
    """One form of the summary; its value is the word for it in settings and logs."""

    PDF = "pdf"
    TEXT = "text"
    XHTML = "xhtml"
    RTF = "rtf"

    @property
    def media_type(self) -> str:
        """What `attachment.contentType` says of it; what is text says its charset (U-04, O-02)."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Rendition.PDF: "application/pdf",
    Rendition.TEXT: "text/plain; charset=utf-8",
    Rendition.XHTML: "application/xhtml+xml; charset=utf-8",
    Rendition.RTF: "text/rtf",
}
_DRAWN: dict[Rendition, Callable[[Document], bytes]] = {
    Rendition.PDF: pdf.draw,
    Rendition.TEXT: plain_text,
    Rendition.XHTML: xhtml,
    Rendition.RTF: rtf,
}


def in_words(summary: Summary | CourseSummary) -> Document:
    """What it says, before it has a form."""
    return course_document(summary) if isinstance(summary, CourseSummary) else document(summary)


def render(summary: Summary | CourseSummary, rendition: Rendition) -> bytes:
    """The summary in this form, made in this process; the same summary gives the same bytes (W-01).

    CannotRender where a PDF would have too many pages. The text forms are linear in the length of what they say.
    """
    return _DRAWN[rendition](in_words(summary))
