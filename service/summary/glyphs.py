"""Which font shows which character, and what stands for a character that none can show or nobody would see.

A character without a glyph would vanish from the page without a word, and an answer is a clinical record. So each
one gets a font out of a chain, or is written as its code, and so are signs that nobody would see.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from service.summary.fonts import Face, Faces
from service.summary.signs import (
    BLANK,
    EMOJI_LOOK,
    JOINER,
    LOOKS,
    MARKS,
    NON_JOINER,
    TAGS,
    begins_code,
    code,
    is_unseen,
)

_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FIRST_PICTOGRAPH = 0x1F000
# Longer sequences than any emoji or letter with its marks has; more would make a line nobody can break.
_LONGEST_CLUSTER = 32


class Cluster(NamedTuple):
    """Characters that stay together on a line, all of one font; `width` is for a font size of 1.

    `is_code` marks the code of a character that cannot be shown: it is not what the patient typed. `read_as` is what
    a program should take it for, where that is not what is drawn: a character that only our fonts lack.
    """

    text: str
    font: str
    width: float
    is_code: bool = False
    read_as: str | None = None


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
        following = text[index + 1 : index + 3]
        emoji = following[:1] == EMOJI_LOOK and not character.isspace()
        if begins_code(character, following):
            held = _code(character, chain.usual[0])
        elif unicodedata.category(character) in MARKS:
            held = _mark(character, held, chain.usual[0])
        else:
            key = character, emoji
            held = shown.get(key) or shown.setdefault(key, _shown(character, chain, emoji=emoji))
    if held is not None:
        yield held


def _chain(faces: Faces, bold: bool) -> _Chain:
    usual = (faces.bold, faces.plain, faces.emoji) if bold else (faces.plain, faces.emoji)
    return _Chain(usual, (faces.emoji, *usual), faces.emoji)


def _shown(character: str, chain: _Chain, *, emoji: bool) -> Cluster:
    point = ord(character)
    if is_unseen(character):
        return _code(character, chain.usual[0])
    for face in chain.pictographs if emoji or point >= _FIRST_PICTOGRAPH else chain.usual:
        if point in face.widths:
            return Cluster(character, face.name, face.widths[point])
    return _code(character, chain.usual[0], read_as=character)


def _mark(character: str, base: Cluster | None, face: Face) -> Cluster:
    """A mark that was not joined to what it stands on. It reads as itself only after a sign that is a code as well:
    programs join a mark that stands alone to the sign after it.
    """
    reads_on = base is not None and base.read_as is not None and character not in BLANK
    return _code(character, face, read_as=character if reads_on else None)


def _code(character: str, face: Face, *, read_as: str | None = None) -> Cluster:
    text = code(character)
    return Cluster(text, face.name, sum(face.widths[ord(sign)] for sign in text), True, read_as)


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
        continues = character in (JOINER, EMOJI_LOOK) or point in _SKIN_TONES or point in TAGS
        return continues or held.text[-1] == JOINER or character == "\u20e3"
    if character in LOOKS:
        return unicodedata.category(held.text[-1]) in ("So", "Sm")
    if character in (JOINER, NON_JOINER):
        return unicodedata.bidirectional(held.text[0]) == "AL"
    return _is_mark_on(held.text, character)


def _is_mark_on(base: str, character: str) -> bool:
    """Whether it is a mark that shows: on a space it would float, and a second one of its kind would hide the first."""
    is_mark = unicodedata.category(character) in MARKS and character not in BLANK
    return is_mark and character not in base and not base.isspace()
