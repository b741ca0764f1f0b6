"""The renditions of one summary: part of the market takes no PDF (product rule 23, ehr-writeback)."""

from enum import StrEnum


class Rendition(StrEnum):
    """In what form a summary is filed; the values are the words of a capability profile."""

    PDF = "pdf"
    TEXT = "text"
    XHTML = "xhtml"
    RTF = "rtf"

    @property
    def media_type(self) -> str:
        """The attachment's contentType as it is sent."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Rendition.PDF: "application/pdf",
    Rendition.TEXT: "text/plain; charset=utf-8",
    Rendition.XHTML: "application/xhtml+xml; charset=utf-8",
    Rendition.RTF: "text/rtf",
}
