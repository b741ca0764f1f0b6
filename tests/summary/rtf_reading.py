"""A reader of Rich Text Format: its paragraphs with the names of their styles, and nothing of how they look.

Written after the specification (RTF 1.9.1) and not after what we write: groups keep and give back what they change,
unknown control words are passed over, unknown destinations with all that is in them.
"""

import re
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-z]+)(-?\d+)? ?|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+", re.DOTALL
)
_SKIPPED = frozenset({b"fonttbl", b"colortbl", b"info", b"header", b"footer", b"*"})
_SIGNS = {b"tab": "\t", b"endash": "–", b"line": "\n"}


class NotRtf(ValueError):
    """The file breaks the format's rules; the text says which."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: the name of its style and its text."""

    style: str
    text: str


@dataclass(frozen=True, slots=True)
class _State:
    style: int = 0
    skipped: bool = False
    in_styles: bool = False
    fallback: int = 1  # how many bytes stand in for each number of UTF-16


def paragraphs(made: bytes) -> list[Paragraph]:
    """The paragraphs of the body; NotRtf where it is none."""
    if not made.startswith(rb"{\rtf1"):
        raise NotRtf("it does not begin as RTF")
    return _Reader().read(made)


class _Reader:
    def __init__(self) -> None:
        self._state = _State()
        self._kept: list[_State] = []
        self._units = bytearray()  # UTF-16, so that pairs come together
        self._pass = 0
        self._names: dict[int, str] = {}
        self._name = ""
        self._found: list[tuple[int, str]] = []

    def read(self, made: bytes) -> list[Paragraph]:
        at = 0
        for token in _TOKEN.finditer(made):
            if token.start() != at:
                raise NotRtf(f"what stands at {at} is nothing")
            at = token.end()
            self._token(token)
        if at != len(made) or self._kept:
            raise NotRtf("groups stay open")
        return [Paragraph(self._names.get(style, "?"), text) for style, text in self._found]

    def _token(self, token: re.Match[bytes]) -> None:
        byte, word, number, symbol, brace, text = token.groups()
        if brace:
            self._brace(brace)
        elif word:
            self._word(word, int(number) if number else None)
        elif byte or (symbol is not None and symbol in b"\\{}"):
            self._signs(bytes([int(byte, 16)]) if byte else symbol)
        elif symbol == b"*":
            self._state = replace(self._state, skipped=True)
        elif text:
            self._signs(text)

    def _brace(self, brace: bytes) -> None:
        if brace == b"{":
            self._kept.append(self._state)
            return
        if not self._kept:
            raise NotRtf("a group ends that did not begin")
        if self._state.in_styles and self._name.endswith(";"):
            self._names[self._state.style] = self._name.removesuffix(";")
        self._name = ""
        self._state = self._kept.pop()

    def _word(self, word: bytes, number: int | None) -> None:
        if word in _SKIPPED:
            self._state = replace(self._state, skipped=True)
        elif word == b"stylesheet":
            self._state = replace(self._state, in_styles=True)
        elif word == b"s":
            self._state = replace(self._state, style=number or 0)
        elif word in (b"pard", b"plain"):
            self._state = replace(self._state, style=0 if word == b"pard" else self._state.style)
        elif word == b"uc":
            self._state = replace(self._state, fallback=1 if number is None else number)
        elif not self._state.skipped:
            self._written(word, number)

    def _written(self, word: bytes, number: int | None) -> None:
        if word == b"u" and number is not None:
            self._units += (number % 0x10000).to_bytes(2, "little")
            self._pass = self._state.fallback
        elif word == b"par":
            self._found.append((self._state.style, self._units.decode("utf-16-le")))
            self._units.clear()
        elif word in _SIGNS:
            self._units += _SIGNS[word].encode("utf-16-le")

    def _signs(self, signs: bytes) -> None:
        passed = min(self._pass, len(signs))
        self._pass -= passed
        shown = signs[passed:].decode("cp1252")
        if self._state.in_styles:
            self._name += shown
        elif not self._state.skipped:
            self._units += shown.encode("utf-16-le")
