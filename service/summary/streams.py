"""Streams of a PDF whose end stands on a line of its own, as archival PDFs have it (ISO 19005-2, 6.1.7.1).

ReportLab writes the end right after the last byte, so its streams are exchanged for these before the file is written.
"""

from typing import Any

from reportlab.pdfbase.pdfdoc import XMP, PDFStream, PDFZCompress

_END = b"endstream\n"


class EndedStream(PDFStream):  # type: ignore[misc] # the library has no types
    """A stream with a line end before its end, which its length does not count."""

    def format(self, document: Any) -> bytes:
        """The stream's bytes."""
        return _ended(super().format(document))


class EndedMetadata(XMP):  # type: ignore[misc] # the library has no types
    """Metadata as such a stream, uncompressed: some readers look for them without undoing compression."""

    def __init__(self, packet: str) -> None:
        super().__init__(creator=lambda _: packet.encode("utf-8"))
        self.filters = ()

    def format(self, document: Any) -> bytes:
        """The stream's bytes."""
        return _ended(super().format(document))


def compressed(content: str | bytes) -> EndedStream:
    """A stream of this content, deflated."""
    return EndedStream(content=content, filters=[PDFZCompress])


def end_streams(document: Any) -> None:
    """Exchange every stream that the document holds so far."""
    for name, held in document.idToObject.items():
        if type(held) is PDFStream:
            document.idToObject[name] = EndedStream(held.dictionary, held.content, held.filters)


def _ended(written: bytes) -> bytes:
    return written.removesuffix(_END) + b"\n" + _END
