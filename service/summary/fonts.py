"""The vendored fonts, loaded once a process, and the map by which their text can be copied out of a PDF again."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from service.summary.joining import Shapes, shapes, typed_by
from service.summary.streams import end_streams

_FOLDER = Path(__file__).resolve().parent / "fonts"
_MAPPINGS_PER_BLOCK = 100


class CopyableFont(TTFont):  # type: ignore[misc] # the library has no types
    """A font whose text is found again whole by whoever reads the PDF.

    ReportLab writes characters above U+FFFF into the ToUnicode map as five hex digits, which no reader understands.
    A PDF wants UTF-16BE there (PDF 32000-1, 9.10.3), and at most 100 mappings a block (Adobe technical note 5411).
    """

    def addObjects(self, doc: Any) -> None:  # noqa: N802 # the library's name
        """Add the font's objects to the document, then put right maps in the place of theirs."""
        subsets = [list(subset) for subset in self.state[doc].subsets]
        names = [self.getSubsetInternalName(number, doc)[1:] for number in range(len(subsets))]
        super().addObjects(doc)
        fonts = doc.idToObject["BasicFonts"].dict
        for name, subset in zip(names, subsets, strict=True):
            doc.idToObject[fonts[name].ToUnicode.name].content = to_unicode(subset)
        end_streams(doc)


def to_unicode(subset: list[int]) -> str:
    """The ToUnicode map of a font subset: `subset[i]` is the code point that byte `i` stands for."""
    pairs = [f"<{byte:02X}> <{_utf16(point)}>" for byte, point in enumerate(subset) if point]
    blocks = [pairs[at : at + _MAPPINGS_PER_BLOCK] for at in range(0, len(pairs), _MAPPINGS_PER_BLOCK)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<00> <FF>",
            "endcodespacerange",
            *(line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")),
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


def _utf16(point: int) -> str:
    """What a glyph stands for; for the shape of a joined letter that is the letter."""
    return typed_by(chr(point)).encode("utf-16-be").hex().upper()


@dataclass(frozen=True, slots=True)
class Face:
    """One font by its name in the PDF, and how wide each of its characters is at size 1."""

    name: str
    widths: dict[int, float]


@dataclass(frozen=True, slots=True)
class Faces:
    """The fonts by the part each plays, and the shapes of joined letters that they have."""

    plain: Face
    bold: Face
    emoji: Face
    shapes: Shapes


@cache
def load_faces() -> Faces:
    """Read the fonts and make them known to ReportLab, whose register of fonts belongs to the whole process."""
    plain = _load("DejaVuSans", "DejaVuSans.ttf")
    bold = _load("DejaVuSans-Bold", "DejaVuSans-Bold.ttf")
    return Faces(
        plain=plain,
        bold=bold,
        emoji=_load("NotoEmoji", "NotoEmoji-Regular.ttf"),
        shapes=shapes(plain.widths.keys() & bold.widths.keys()),
    )


def _load(name: str, file: str) -> Face:
    font = CopyableFont(name, str(_FOLDER / file))
    pdfmetrics.registerFont(font)
    widths = font.face.charWidths
    return Face(name, {point: widths[point] / 1000 for point in font.face.charToGlyph})
