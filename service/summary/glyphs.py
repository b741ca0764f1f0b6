"""Which font shows which character, and what stands for a character that none can show or nobody would see.

A character without a glyph would vanish from the page without a word, and an answer is a clinical record. So each
one gets a font out of a chain, or is written as its code, U+XXXX; and so are controls and other invisible signs,
which could turn the order of a sentence around (threat T36).
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from service.summary.fonts import Face, Faces

_JOINER, _NON_JOINER = "\u200d", "\u200c"
_TEXT_LOOK, _EMOJI_LOOK = "\ufe0e", "\ufe0f"
_LOOKS = frozenset({_TEXT_LOOK, _EMOJI_LOOK})
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_FIRST_PICTOGRAPH = 0x1F000
_MARKS = frozenset({"Mn", "Me", "Mc"})
# Categories of characters that show nothing by themselves, or nothing that is agreed on; marks need what they stand on.
_UNSEEN = _MARKS | {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Characters of other categories that leave none: grapheme joiner, Hangul and Khmer fillers, blank Braille, object.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc") | {
    chr(point) for point in (*range(0xFE00, 0xFE10), *range(0x180B, 0x1810), *range(0xE0100, 0xE01F0))
}
# Longer sequences than any emoji or letter with its marks has; more would make a line nobody can break.
_LONGEST_CLUSTER = 32


class Cluster(NamedTuple):
    """Characters that stay together on a line, all of one font; `width` is for a font size of 1.

    `is_code` marks the code of a character that cannot be shown: it is not what the patient typed.
    """

    text: str
    font: str
    width: float
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class _Chain:
    usual: tuple[Face, ...]
    pictographs: tuple[Face, ...]
    emoji: Face


def clusters(text: str, faces: Faces, *, bold: bool = False) -> Iterator[Cluster]:
    """The text as what is to be printed, in its own order. Line ends and tabs are the caller's to take out first."""
    chain = _chain(faces, bold)
    shown: dict[tuple[str, bool], Cluster] = {}  # the same sign is the same value: a long text stays small
    held: Cluster | None = None
    for index, character in enumerate(text):
        if held is not None:
            longer = _joined(held, character, chain)
            if longer is not None:
                held = longer
                continue
            yield held
        key = character, text[index + 1 : index + 2] == _EMOJI_LOOK and not character.isspace()
        held = shown.get(key) or shown.setdefault(key, _shown(character, chain, emoji=key[1]))
    if held is not None:
        yield held


def _chain(faces: Faces, bold: bool) -> _Chain:
    usual = (faces.bold, faces.plain, faces.emoji) if bold else (faces.plain, faces.emoji)
    return _Chain(usual, (faces.emoji, *usual), faces.emoji)


def _shown(character: str, chain: _Chain, *, emoji: bool) -> Cluster:
    point = ord(character)
    if unicodedata.category(character) not in _UNSEEN and character not in _BLANK:
        for face in chain.pictographs if emoji or point >= _FIRST_PICTOGRAPH else chain.usual:
            if point in face.widths:
                return Cluster(character, face.name, face.widths[point])
    return _code(point, chain.usual[0])


def _code(point: int, face: Face) -> Cluster:
    text = f"U+{point:04X}"
    return Cluster(text, face.name, sum(face.widths[ord(sign)] for sign in text), is_code=True)


def _joined(held: Cluster, character: str, chain: _Chain) -> Cluster | None:
    """The cluster with one more character, or None where that begins one of its own."""
    if held.is_code or len(held.text) >= _LONGEST_CLUSTER:
        return None
    face = next(face for face in chain.pictographs if face.name == held.font)
    width = face.widths.get(ord(character))
    if width is None or not _belongs(held, character, face is chain.emoji):
        return None
    return Cluster(held.text + character, held.font, held.width + width)


def _belongs(held: Cluster, character: str, is_emoji: bool) -> bool:
    if is_emoji:
        point = ord(character)
        continues = character in (_JOINER, _EMOJI_LOOK) or point in _SKIN_TONES or point in _TAGS
        return continues or held.text[-1] == _JOINER or character == "\u20e3"
    if character in _LOOKS:
        return unicodedata.category(held.text[-1]) in ("So", "Sm")
    if character in (_JOINER, _NON_JOINER):
        return unicodedata.bidirectional(held.text[0]) == "AL"
    return _is_mark_on(held.text, character)


def _is_mark_on(base: str, character: str) -> bool:
    """Whether it is a mark that shows: on a space it would float, and a second one of its kind would hide the first."""
    is_mark = unicodedata.category(character) in _MARKS and character not in _BLANK
    return is_mark and character not in base and not base.isspace()
