"""The bookmarks of a PDF: its title, each prompt, the notice and what is about it."""

from typing import Any

from service.summary.blocks import Block, Document, heading_levels
from service.summary.layout import LEFT, Placed
from service.summary.signs import one_line, visible

_ABOVE = 6.0
_LONGEST = 400


class Outline:
    """Notes each heading as its first row is drawn."""

    def __init__(self, canvas: Any, said: Document) -> None:
        self._canvas = canvas
        self._levels = heading_levels(said)
        self._last: Block | None = None

    def note(self, placed: Placed) -> None:
        """A bookmark to this row, where a heading begins with it."""
        block = placed.row.source
        level = self._levels.get(block.role)
        if block is self._last or level is None:
            return
        self._last = block
        key = f"part-{placed.row.part[0]}"
        self._canvas.bookmarkPage(key, fit="XYZ", left=LEFT, top=placed.top + _ABOVE, zoom=0)
        self._canvas.addOutlineEntry(_title(block), key, level - 1)


def _title(block: Block) -> str:
    text = visible(one_line(f"{block.label} {block.text}".strip()))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
