"""How a search answer is shaped and paged: `_count`, `_sort`, and the mark that leads to the next page.

It stands apart from the conditions of a search, which decide what is found, not how it is handed out.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from service.sandbox.records.refusals import Refused

USUAL_COUNT = 50
LARGEST_COUNT = 200

Parameters = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page asked for. `newest` is the number of the ledger at the first page: what came later is left out,
    so that new resources do not shift the pages of a search that has begun."""

    criteria: Parameters
    count: int
    sort: tuple[str, ...]
    offset: int = 0
    newest: int | None = None

    def after(self, offset: int, newest: int) -> str | None:
        """The mark of the page that begins at this offset; none where nothing is handed out."""
        mark = base64.urlsafe_b64encode(f"{offset}.{newest}".encode()).decode().rstrip("=")
        return mark if self.count else None


def page_of(params: Parameters) -> Page:
    """Part the search parameters into criteria and the shape of the answer. Refuses what is no number or mark."""
    shape: dict[str, str] = {}
    criteria: Parameters = []
    for name, text in params:
        if name not in ("_count", "_sort", "_page"):
            criteria.append((name, text))
        elif name in shape:
            raise Refused(400, "value", f"{name} may be given once.")
        else:
            shape[name] = text
    offset, newest = _place(shape["_page"]) if "_page" in shape else (0, None)
    return Page(criteria, _count(shape.get("_count")), _sort(shape.get("_sort")), offset, newest)


def _count(text: str | None) -> int:
    if text is None:
        return USUAL_COUNT
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Refused(400, "value", "_count is a whole number.")
    return min(int(text), LARGEST_COUNT)


def _sort(text: str | None) -> tuple[str, ...]:
    names = tuple(text.split(",")) if text is not None else ()
    if len(names) > 4:
        raise Refused(400, "too-costly", "_sort takes at most four parameters.")
    return names


def _place(mark: str) -> tuple[int, int]:
    try:
        words = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)).decode("ascii")
        match = re.fullmatch(r"(\d{1,15})\.(\d{1,15})", words)
    except (binascii.Error, UnicodeError, ValueError):
        match = None
    if match is None:
        raise Refused(400, "value", "_page is not a mark that was given out here.")
    return int(match[1]), int(match[2])
