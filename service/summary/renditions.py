"""The four forms in which one summary can be had, since part of the market takes no PDF (rule 23)."""

from collections.abc import Callable
from enum import StrEnum

from service.summary import pdf
from service.summary.content import Document, Summary, document
from service.summary.plain_text import plain_text


class Rendition(StrEnum):
    """One form of the summary; its value is the word for it in settings and logs."""

    PDF = "pdf"
    TEXT = "text"

    @property
    def media_type(self) -> str:
        """What `attachment.contentType` says of it; what is text says its charset (U-04, O-02)."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Rendition.PDF: "application/pdf",
    Rendition.TEXT: "text/plain; charset=utf-8",
}
_DRAWN: dict[Rendition, Callable[[Document], bytes]] = {
    Rendition.PDF: pdf.draw,
    Rendition.TEXT: plain_text,
}


def render(summary: Summary, rendition: Rendition) -> bytes:
    """The summary in this form, made in this process; the same summary gives the same bytes (W-01).

    CannotRender where a PDF would have too many pages. The text forms are linear in the length of what they say.
    """
    return _DRAWN[rendition](document(summary))
