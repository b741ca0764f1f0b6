"""Reading a PDF's text back as others do: with pypdf always, and with poppler where its pdftotext is installed."""

import io
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Callable

from pypdf import PdfReader

# What poppler puts around writing from right to left, and the sign that keeps a hyphen at the end of a line.
_ADDED = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u200b"))


def with_pypdf(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def with_poppler(pdf: bytes) -> str:
    command = ["pdftotext", "-enc", "UTF-8", "-", "-"]
    return subprocess.run(command, input=pdf, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")


READERS: dict[str, Callable[[bytes], str]] = {"pypdf": with_pypdf}
if shutil.which("pdftotext"):
    READERS["poppler"] = with_poppler


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
    return "".join(sign for sign in text if sign not in "\t\r\n" and unicodedata.category(sign) != "Zs")


def _squeezed(text: str) -> str:
    return "".join(text.translate(_ADDED).split())
