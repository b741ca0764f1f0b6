"""In which order signs stand on a line that holds writing from right to left (Unicode Annex 9).

Without its explicit embeddings and isolates: those characters are printed as codes and so have no effect here.
"""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_STRONG = {"L": "L", "R": "R", "AL": "R"}
_NEUTRAL = frozenset({"B", "S", "WS", "ON", "BN"})
_PAIRS = (
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("\u2045", "\u2046"),
    ("\u207d", "\u207e"),
    ("\u208d", "\u208e"),
)
_CLOSES = dict(_PAIRS)
_LIKE_PAIRS = (
    ("<", ">"),
    ("\u00ab", "\u00bb"),
    ("\u2039", "\u203a"),
    ("\u2264", "\u2265"),
    ("\u226a", "\u226b"),
)
_MIRRORED = {one: other for pair in (*_PAIRS, *_LIKE_PAIRS) for one, other in (pair, pair[::-1])}
_MOST_OPEN = 63  # brackets within brackets, as the annex has it


def runs_right_to_left(text: str) -> bool:
    """Whether any character of the text belongs to writing from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(sign) in ("R", "AL", "AN") for sign in text)


def begins_right_to_left(text: str) -> bool:
    """Whether the first letter of the text belongs to writing from right to left (rules P2 and P3)."""
    if text.isascii():
        return False
    return next((kind != "L" for sign in text if (kind := unicodedata.bidirectional(sign)) in _STRONG), False)


def has_points(text: str) -> bool:
    """Whether any mark of the text stands on writing from right to left, such as a vowel point."""
    return (
        not text.isascii()
        and any(
            unicodedata.bidirectional(mark) == "NSM"
            and unicodedata.bidirectional(before) in ("R", "AL", "NSM")
            for before, mark in pairwise(text)
        )
        and runs_right_to_left(text)
    )


def levels(classes: Sequence[str], signs: Sequence[str] = ()) -> tuple[int, list[int]]:
    """The paragraph's own level (0 left to right, 1 right to left) and that of each sign, from their bidi classes.

    `signs` are the signs themselves, for the sake of their brackets.
    """
    base = next((int(sign != "L") for sign in classes if sign in _STRONG), 0)
    own = "R" if base else "L"
    kinds = _numbers(_weak(classes, own), own)
    _brackets(kinds, signs, own)
    return base, [_level(kind, base) for kind in _neutrals(kinds, own)]


def mirrored(sign: str) -> str:
    """How a sign looks among writing from right to left (rule L4): brackets and the like turn around."""
    return _MIRRORED.get(sign, sign)


def visual_order(levels_of_line: Sequence[int]) -> list[int]:
    """The positions of a line's signs from left to right (rule L2): runs of a level turn around, highest first."""
    order = list(range(len(levels_of_line)))
    odd = [level for level in levels_of_line if level % 2]
    if not odd:
        return order
    for level in range(max(levels_of_line), min(odd) - 1, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels_of_line[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end + 1
    return order


def _weak(classes: Sequence[str], own: str) -> list[str]:
    """Rules W1 to W3: marks take after what they stand on, numbers after the letters before them."""
    kinds: list[str] = []
    before, strong = own, own
    for sign in classes:
        kind = before if sign == "NSM" else sign
        if sign in _STRONG:
            strong = sign
        if kind == "EN" and strong == "AL":
            kind = "AN"
        before = kind
        kinds.append("R" if kind == "AL" else kind)
    return kinds


def _numbers(kinds: list[str], own: str) -> list[str]:
    """Rules W4 to W7: signs within and beside numbers go with them; numbers after Latin letters are as those."""
    kinds = _between_numbers(kinds)
    kinds = _beside_numbers(kinds)
    strong = own
    for index, kind in enumerate(kinds):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[index] = "L"
        elif kind in ("ES", "CS", "ET"):
            kinds[index] = "ON"
    return kinds


def _between_numbers(kinds: list[str]) -> list[str]:
    for index in range(1, len(kinds) - 1):
        before, after = kinds[index - 1], kinds[index + 1]
        if before != after:
            continue
        if (kinds[index] in ("ES", "CS") and before == "EN") or (kinds[index] == "CS" and before == "AN"):
            kinds[index] = before
    return kinds


def _beside_numbers(kinds: list[str]) -> list[str]:
    for step in (1, -1):
        beside = False
        for index in range(len(kinds))[::step]:
            if kinds[index] == "ET" and beside:
                kinds[index] = "EN"
            beside = kinds[index] == "EN"
    return kinds


def _brackets(kinds: list[str], signs: Sequence[str], own: str) -> None:
    """Rule N0: both brackets of a pair go with what they enclose, or else with what stands before them."""
    for opening, closing in _bracket_pairs(kinds, signs):
        inside = {_direction(kind) for kind in kinds[opening + 1 : closing] if kind not in _NEUTRAL}
        if not inside:
            continue
        kinds[opening] = kinds[closing] = own if own in inside else _before(kinds, opening, own)


def _before(kinds: list[str], index: int, own: str) -> str:
    earlier = (kinds[at] for at in range(index - 1, -1, -1))
    return next((_direction(kind) for kind in earlier if kind not in _NEUTRAL), own)


def _bracket_pairs(kinds: list[str], signs: Sequence[str]) -> list[tuple[int, int]]:
    """Where each pair of brackets opens and closes, in the order of the openings (definition BD16)."""
    pairs: list[tuple[int, int]] = []
    open_ones: list[tuple[str, int]] = []
    for index, sign in enumerate(signs):
        if kinds[index] != "ON":
            continue
        if sign in _CLOSES:
            if len(open_ones) == _MOST_OPEN:
                return []
            open_ones.append((_CLOSES[sign], index))
        else:
            matching = next(
                (at for at in range(len(open_ones) - 1, -1, -1) if open_ones[at][0] == sign), None
            )
            if matching is not None:
                pairs.append((open_ones[matching][1], index))
                del open_ones[matching:]
    return sorted(pairs)


def _neutrals(kinds: list[str], own: str) -> list[str]:
    """Rules N1 and N2: neutral signs between two of one direction take it, others the paragraph's."""
    start = 0
    while start < len(kinds):
        end = start
        while end < len(kinds) and kinds[end] in _NEUTRAL:
            end += 1
        if end > start:
            before = _direction(kinds[start - 1]) if start else own
            after = _direction(kinds[end]) if end < len(kinds) else own
            kinds[start:end] = [before if before == after else own] * (end - start)
        start = end + 1
    return kinds


def _direction(kind: str) -> str:
    return "L" if kind == "L" else "R"


def _level(kind: str, base: int) -> int:
    """Rules I1 and I2."""
    if kind == "L":
        return 2 if base else 0
    return 1 if kind == "R" else 2
