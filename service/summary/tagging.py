"""The tags of a PDF: which marks on its pages are which heading or paragraph (PDF 32000-1, 14.7 and 14.8).

ReportLab draws and knows no tags. This lays them over its canvas: operators around what is drawn, and in the end the
tree of elements with, for every page, the way back from its marks to them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFObjectReference,
    PDFString,
    PDFText,
)

from service.summary.streams import compressed

# A string may have 32,767 bytes in an archival PDF, and a sign up to four of them in UTF-16.
LONGEST_TEXT = 8_000


@dataclass(eq=False, slots=True)
class Element:
    """A heading, a paragraph or what holds such; `kind` is a standard structure type.

    `said` is what it says where its marks alone do not tell; `marks` are the page and number of each of its marks.
    """

    kind: str
    language: str | None = None
    said: str | None = None
    kids: list["Element"] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)


class Tagger:
    """Tags what is drawn on one canvas, page after page."""

    def __init__(self, canvas: Any) -> None:
        self.root = Element("Document")
        self._canvas = canvas
        self._pages: list[list[Element]] = [[]]
        self._open: Element | str | None = None

    def mark(self, element: Element, read_as: str | None = None) -> None:
        """What is drawn from here on belongs to this element; and is to be read as that text, where one is given."""
        if self._open is element and read_as is None:
            return
        self.close()
        marks = self._pages[-1]
        element.marks.append((len(self._pages) - 1, len(marks)))
        # Not one within the other: some readers of tags lose the rest of an element after inner marks.
        kind, instead = (
            (element.kind, "") if read_as is None else ("Span", f" /ActualText {_hexadecimal(read_as)}")
        )
        self._write(f"/{kind} <</MCID {len(marks)}{instead}>> BDC")
        marks.append(element)
        self._open = element if read_as is None else "span"

    def decorate(self, subtype: str | None = None) -> None:
        """What is drawn from here on says nothing of its own; `subtype` names the head or foot of a page."""
        self.close()
        kind = f" <</Type /Pagination /Subtype /{subtype}>> BDC" if subtype else " BMC"
        self._write(f"/Artifact{kind}")
        self._open = "artifact"

    def close(self) -> None:
        """What is drawn from here on belongs to nothing yet."""
        if self._open is not None:
            self._write("EMC")
            self._open = None

    def end_page(self) -> None:
        """Close the page, and let it know its number among the tagged ones."""
        self.close()
        self._canvas.showPage()
        page = self._canvas._doc.Pages.pages[-1]
        page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents = len(self._pages) - 1
        page.Tabs = PDFName("S")
        page.Contents = compressed(page.stream)
        self._pages.append([])

    def finish(self) -> None:
        """Write the tree into the document."""
        catalog = self._canvas._doc.Catalog
        names = {id(element): f"Tag.{number}" for number, element in enumerate(_all(self.root))}
        self._place(self.root, PDFObjectReference("Tags"), names)
        tree = {
            "Type": PDFName("StructTreeRoot"),
            "K": PDFObjectReference(names[id(self.root)]),
            "ParentTree": self._ways_back(names),
            "ParentTreeNextKey": len(self._pages) - 1,
        }
        catalog.StructTreeRoot = self._canvas._doc.Reference(PDFDictionary(tree), "Tags")
        catalog.MarkInfo = PDFDictionary({"Marked": "true"})

    def _write(self, operator: str) -> None:
        self._canvas._code.append(operator)

    def _place(self, element: Element, parent: PDFObjectReference, names: dict[int, str]) -> None:
        name = names[id(element)]
        kids = [PDFObjectReference(names[id(kid)]) for kid in element.kids]
        parts: dict[str, Any] = {
            "Type": PDFName("StructElem"),
            "S": PDFName(element.kind),
            "P": parent,
            "K": PDFArray([*(_marked(page, number) for page, number in element.marks), *kids]),
        }
        if element.language:
            parts["Lang"] = PDFString(element.language)
        if element.said is not None:
            parts["ActualText"] = text_string(element.said)
        self._canvas._doc.Reference(PDFDictionary(parts), name)
        for kid in element.kids:
            self._place(kid, PDFObjectReference(name), names)

    def _ways_back(self, names: dict[int, str]) -> PDFDictionary:
        numbered: list[Any] = []
        for number, marks in enumerate(self._pages[:-1]):
            numbered += [number, PDFArray([PDFObjectReference(names[id(element)]) for element in marks])]
        return PDFDictionary({"Nums": PDFArray(numbered)})


def text_string(text: str) -> PDFText:
    """A text in UTF-16 as PDF has it; it must hold no lone surrogate."""
    return PDFText(f"\ufeff{text}", enc="utf-16-be")


def _hexadecimal(text: str) -> str:
    return f"<{f'{chr(0xFEFF)}{text}'.encode('utf-16-be').hex().upper()}>"


def _all(element: Element) -> Iterator[Element]:
    yield element
    for kid in element.kids:
        yield from _all(kid)


def _marked(page: int, number: int) -> PDFDictionary:
    # ReportLab numbers its pages from 1 and refers to them by that.
    at = PDFObjectReference(f"Page{page + 1}")
    return PDFDictionary({"Type": PDFName("MCR"), "Pg": at, "MCID": number})
