"""Reading a PDF's text back as others do: with pypdf always, and with poppler where its pdftotext is installed."""

import io
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

_SHAPES = frozenset(map(chr, (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD))))
# What poppler puts around writing from right to left, and the sign that keeps a hyphen at the end of a line.
_ADDED = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u200b"))


# What a document would do or fetch by; a summary's PDF holds none of it.
_ACTIVE = {
    "/JS",
    "/JavaScript",
    "/Launch",
    "/URI",
    "/EmbeddedFile",
    "/OpenAction",
    "/AA",
    "/Annots",
    "/XObject",
}


def with_pypdf(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def with_poppler(pdf: bytes) -> str:
    command = ["pdftotext", "-enc", "UTF-8", "-", "-"]
    return subprocess.run(command, input=pdf, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")


READERS: dict[str, Callable[[bytes], str]] = {"pypdf": with_pypdf}
if shutil.which("pdftotext"):
    READERS["poppler"] = with_poppler


def active_in(pdf: bytes) -> set[str]:
    """The keys by which the document would do or fetch anything."""
    return _keys_in(PdfReader(io.BytesIO(pdf)).trailer) & _ACTIVE


def _keys_in(trailer: Any) -> set[str]:
    """Every dictionary key that the document reaches."""
    found, seen, waiting = set[str](), set[int](), [trailer]
    while waiting:
        value = waiting.pop()
        if isinstance(value, IndirectObject):
            if value.idnum in seen:
                continue
            seen.add(value.idnum)
            value = value.get_object()
        if isinstance(value, DictionaryObject):
            found |= set(value)
            waiting += value.values()
        elif isinstance(value, ArrayObject):
            waiting += value
    return found


def says(text: str, wanted: str) -> bool:
    """Whether `text` holds `wanted` sign by sign and in order; each as itself or as its code, spaces aside."""
    pattern = "".join(f"(?:{re.escape(sign)}|{code(sign)})" for sign in _solid(wanted))
    return re.search(pattern, _squeezed(text)) is not None


def missing(text: str, wanted: str) -> Counter[str]:
    """Signs of `wanted` that `text` has too few of, in whatever order, counted as themselves and as codes."""
    squeezed = _squeezed(text)
    needed = Counter(_solid(wanted))
    return needed - Counter({sign: _times(sign, squeezed) for sign in needed})


def _times(sign: str, squeezed: str) -> int:
    # Among writing from right to left a reader may put a code's brackets elsewhere.
    return squeezed.count(sign) + len(re.findall(rf"U\+{ord(sign):04X}", squeezed))


def code(sign: str) -> str:
    """A pattern for the sign's code."""
    return rf"\[U\+{ord(sign):04X}\]"


def _solid(text: str) -> str:
    """Without spaces, and without shapes of joined letters: a page gives back the letters that they show."""
    return "".join(
        sign
        for sign in text
        if sign not in _SHAPES and sign not in "\t\r\n" and unicodedata.category(sign) != "Zs"
    )


def _squeezed(text: str) -> str:
    return "".join(text.translate(_ADDED).split())
