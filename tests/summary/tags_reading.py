"""Reading a tagged PDF through its tags, as a screen reader does: elements in order, with what they say.

An element says its replacement text where it has one, otherwise what is drawn under its marks, in the words of each
font's own map to Unicode. Built on pypdf's parsing alone.
"""

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ContentStream

# A sign that keeps a hyphen at a line's end, and is no part of what was typed.
_ADDED = "\u200b"
_BLOCK = re.compile(r"beginbfchar(.*?)endbfchar", re.DOTALL)
_PAIR = re.compile(r"<([0-9A-F]{2})>\s*<([0-9A-F]+)>")

Marks = dict[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class Tagged:
    """One element beside the document's root; `parts` are what is said by each element in it."""

    kind: str
    text: str
    parts: tuple[str, ...]


def elements(made: bytes) -> Iterator[Tagged]:
    """The elements under the document's root in their order; ValueError where the way back from a mark is wrong."""
    reader = PdfReader(io.BytesIO(made))
    root: Any = reader.trailer["/Root"]
    tree = root["/StructTreeRoot"].get_object()
    marks: Marks = {}
    for number, page in enumerate(reader.pages):
        marks |= {(number, mark): text for mark, text in _marked(reader, page).items()}
    pages = {
        page.indirect_reference.idnum: at for at, page in enumerate(reader.pages) if page.indirect_reference
    }
    _check_ways_back(tree, pages)
    for reference in tree["/K"]["/K"]:
        element = reference.get_object()
        parts = tuple(_said(kid.get_object(), marks, pages) for kid in element["/K"])
        yield Tagged(element["/S"].removeprefix("/"), _said(element, marks, pages), parts)


def _said(element: Any, marks: Marks, pages: dict[int, int]) -> str:
    if "/ActualText" in element:
        return str(element["/ActualText"])
    if "/MCID" in element:
        return marks[pages[element.raw_get("/Pg").idnum], int(element["/MCID"])].replace(_ADDED, "")
    return "".join(_said(kid.get_object(), marks, pages) for kid in element["/K"])


def _marked(reader: PdfReader, page: Any) -> dict[int, str]:
    """What each mark of a page says, by its number; ValueError where words are drawn under none."""
    said: defaultdict[int, str] = defaultdict(str)
    maps = {name: _map(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    font, under = "", list[tuple[int | None, str | None]]()
    for operands, operator in ContentStream(page["/Contents"].get_object(), reader).operations:
        if operator in (b"BDC", b"BMC"):
            properties = operands[1] if len(operands) > 1 else {}
            under.append((properties.get("/MCID"), properties.get("/ActualText")))
            if under[-1][0] is not None and under[-1][1] is not None:
                said[int(under[-1][0])] = str(under[-1][1])
        elif operator == b"EMC":
            under.pop()
        elif operator == b"Tf":
            font = operands[0]
        elif operator == b"Tj":
            if not under:
                raise ValueError("words under no mark")
            mark, instead = under[-1]
            if mark is not None and instead is None:
                said[int(mark)] += "".join(maps[font][byte] for byte in _bytes(operands[0]))
    return dict(said)


def _bytes(drawn: Any) -> bytes:
    return bytes(drawn.original_bytes)


def _map(font: Any) -> dict[int, str]:
    content = font["/ToUnicode"].get_object().get_data().decode("ascii")
    pairs = (pair for block in _BLOCK.findall(content) for pair in _PAIR.findall(block))
    return {int(byte, 16): bytes.fromhex(sign).decode("utf-16-be") for byte, sign in pairs}


def _check_ways_back(tree: Any, pages: dict[int, int]) -> None:
    """Every mark of every element is found in the parent tree as that element's."""
    numbers = tree["/ParentTree"]["/Nums"]
    back = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
    waiting = [tree.raw_get("/K")]
    while waiting:
        reference = waiting.pop()
        for kid in reference.get_object()["/K"]:
            if "/MCID" in kid.get_object():
                held = back[pages[kid["/Pg"].indirect_reference.idnum]][int(kid["/MCID"])]
                if held.idnum != reference.idnum:
                    raise ValueError("a mark's way back leads to another element")
            else:
                waiting.append(kid)
