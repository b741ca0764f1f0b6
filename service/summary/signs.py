"""Which signs of a text a reader sees, and the code that stands for one that nobody would: `[U+200B]`.

Controls, turned orders and fillers would hide words or turn a sentence around (threat T36), and XML and RTF cannot
hold some of them. So every rendition writes them as codes. A bracket that a patient typed before "U+" becomes a code
too: a code in a rendition is always ours, and the words can be taken back exactly as they were typed.
"""

import re
import unicodedata
from collections.abc import Iterator

JOINER, NON_JOINER = "\u200d", "\u200c"
TEXT_LOOK, EMOJI_LOOK = "\ufe0e", "\ufe0f"
LOOKS = frozenset({TEXT_LOOK, EMOJI_LOOK})
MARKS = frozenset({"Mn", "Me", "Mc"})
TAGS = range(0xE0020, 0xE0080)
# Categories that show nothing by themselves, or nothing that is agreed on.
_SILENT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Characters of other categories that leave none: grapheme joiner, Hangul and Khmer fillers, blank Braille, object.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc") | {
    chr(point) for point in (*range(0xFE00, 0xFE10), *range(0x180B, 0x1810), *range(0xE0100, 0xE01F0))
}
_LINE_END = re.compile(r"\r\n?")
_BLACK_FLAG = "\U0001f3f4"
_KEYCAPS = frozenset("0123456789#*")


def code(character: str) -> str:
    """What stands for this character where it cannot stand itself."""
    return f"[U+{ord(character):04X}]"


def is_unseen(character: str) -> bool:
    """Whether it shows nothing by itself, wherever it stands; marks do show, on what they stand on."""
    return unicodedata.category(character) in _SILENT or character in BLANK


def begins_code(character: str, following: str) -> bool:
    """Whether a typed bracket would be read as the beginning of a code."""
    return character == "[" and following.startswith("U+")


def lines(text: str) -> list[str]:
    """The lines of a text, whichever way they were ended."""
    return _LINE_END.sub("\n", text).split("\n")


def one_line(text: str) -> str:
    """The text on one line, as a title is."""
    return " ".join(lines(text))


def visible(line: str) -> str:
    """A line with a code for each sign that nobody would see; tabs stay. Linear in its length, and never fails."""
    if line.isascii() and line.isprintable() and "[U+" not in line:
        return line
    return "".join(_visible(line))


def _visible(line: str) -> Iterator[str]:
    kept = ""  # the sign before, where it stands as itself
    in_flag = False
    for index, character in enumerate(line):
        following = line[index + 1 : index + 3]
        in_flag = character == _BLACK_FLAG or (in_flag and ord(character) in TAGS)
        if character == "\t" or _stays(character, kept, following, in_flag=in_flag):
            kept = character
            yield character
        else:
            kept = ""
            yield code(character)


def _stays(character: str, kept: str, following: str, *, in_flag: bool) -> bool:
    if character.isascii():
        return character.isprintable() and not begins_code(character, following)
    if character in LOOKS:
        return kept in _KEYCAPS or (kept != "" and unicodedata.category(kept) in ("So", "Sm", "Po"))
    if character in (JOINER, NON_JOINER):
        return _joins(kept) and _joins(following[:1])
    if ord(character) in TAGS:
        return in_flag
    if unicodedata.category(character) in MARKS:
        return character not in BLANK and kept != "" and not kept.isspace()
    return not is_unseen(character)


def _joins(character: str) -> bool:
    """Whether joiners mean something beside it: in scripts without capitals, and in emoji."""
    return character != "" and unicodedata.category(character) in ("Lo", "Mn", "Mc", "So", "Sk")
