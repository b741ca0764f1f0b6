"""Which shape each Arabic letter takes beside its neighbours: letters join, and lam with alef is one sign.

The shapes are Unicode's presentation forms; which letter each belongs to, and how it joins, is read from Unicode's own
tables. A letter for which the fonts have no shapes stands by itself, and its neighbours end before it.
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping

_JOINER, _STRETCH, _LAM = "\u200d", "\u0640", "\u0644"
_BLOCKS = (range(0xFB50, 0xFE00), range(0xFE70, 0xFEFD))
_TRANSPARENT = frozenset({"Mn", "Me"})

# For a letter, or lam with an alef: its shape by Unicode's name of where it stands.
Shapes = Mapping[str, Mapping[str, str]]


def shapes(known: Collection[int]) -> Shapes:
    """The shapes among these code points, by what they are shapes of."""
    found: dict[str, dict[str, str]] = {}
    for point in (point for block in _BLOCKS for point in block if point in known):
        where, *letters = unicodedata.decomposition(chr(point)).split() or [""]
        typed = "".join(chr(int(letter, 16)) for letter in letters)
        if len(typed) == 1 or (len(typed) == 2 and typed[0] == _LAM):
            found.setdefault(typed, {})[where.strip("<>")] = chr(point)
    return found


def joined(line: str, known: Shapes) -> str:
    """The line with each Arabic letter in the shape it has there; what is not Arabic stays as it is."""
    return "".join(_shaped(line, known)) if any(sign in known for sign in line) else line


def typed_by(shape: str) -> str:
    """The letters that this shape shows; any other sign is itself."""
    point = ord(shape)
    if not any(point in block for block in _BLOCKS):
        return shape
    where, *letters = unicodedata.decomposition(shape).split() or [""]
    return "".join(chr(int(letter, 16)) for letter in letters) if where.startswith("<") else shape


def _shaped(line: str, known: Shapes) -> Iterator[str]:
    before = ""  # the letter before, marks aside
    after = _following(line)
    taken = False  # by a lam
    for index, sign in enumerate(line):
        if taken:
            taken = False
            continue
        pair = line[index : index + 2]
        together = known.get(pair) if sign == _LAM and pair != _LAM else None
        comes = _joins_after(before, known) and _joins_before(sign, known)
        if together:
            yield together["final" if comes else "isolated"]
            taken, before = True, line[index + 1]
        else:
            goes = _joins_after(sign, known) and _joins_before(after[index], known)
            yield known.get(sign, {}).get(_place(comes=comes, goes=goes), sign)
            before = before if unicodedata.category(sign) in _TRANSPARENT else sign


def _following(line: str) -> list[str]:
    """For each sign the next letter, marks aside."""
    after, letter = [], ""
    for sign in reversed(line):
        after.append(letter)
        letter = letter if unicodedata.category(sign) in _TRANSPARENT else sign
    return after[::-1]


def _place(*, comes: bool, goes: bool) -> str:
    if comes:
        return "medial" if goes else "final"
    return "initial" if goes else "isolated"


def _joins_before(sign: str, known: Shapes) -> bool:
    return sign in (_JOINER, _STRETCH) or "final" in known.get(sign, {})


def _joins_after(sign: str, known: Shapes) -> bool:
    return sign in (_JOINER, _STRETCH) or "initial" in known.get(sign, {})
