"""Which tag each row of a page belongs to, and what a tag says where the marks on the pages do not tell it exactly.

Apart from the tags themselves, because this knows what prompts and answers are: an answer is a quotation, each of its
paragraphs is one of the PDF's, and whoever reads the tags has the answer sign by sign as it was typed.
"""

from service.summary import lines, signs
from service.summary.blocks import Block, Document, Role, heading_levels
from service.summary.joining import typed_by
from service.summary.layout import Row
from service.summary.tagging import LONGEST_TEXT, Element


class Structure:
    """Grows the tree of elements while rows are drawn in their order."""

    def __init__(self, root: Element, said: Document) -> None:
        self._root = root
        self._levels = heading_levels(said)
        self._part: tuple[int, int] | None = None
        self._said = ""
        self._drawn: list[str] = []
        self._answer: Element | None = None
        self._paragraphs: list[str] = []
        self._current = Element("P")

    def element(self, row: Row) -> Element:
        """The element that this row's marks belong to."""
        part = row.part if row.source.role is Role.ANSWER else (row.part[0], 0)
        if part != self._part:
            self.finish()
            self._begin(row.source, part)
        self._drawn += (span.read_as or span.text for text in row.texts for span in text.line.spans)
        return self._current.kids[0] if self._current.kids else self._current

    def finish(self) -> None:
        """No more rows belong to the element of the last one."""
        if _read("".join(self._drawn)) == self._said:
            del self._current.kids[1:]
        else:
            _say(self._current, self._said)
        self._drawn, self._said = [], ""

    def _begin(self, block: Block, part: tuple[int, int]) -> None:
        if block.role is Role.ANSWER:
            parent = self._quotation(block, starts=self._part is None or part[0] != self._part[0])
            self._said = _visible(self._paragraphs[part[1]])
        else:
            parent = self._root
            text = signs.visible(signs.one_line(block.text))
            self._said = f"{signs.visible(block.label)} {text}" if block.label else text
        level = self._levels.get(block.role)
        self._current = Element(f"H{level}" if level else "P", block.language)
        if len(self._said) > LONGEST_TEXT:
            self._current.kids = [Element("Span") for _ in range(0, len(self._said), LONGEST_TEXT)]
        parent.kids.append(self._current)
        self._part = part

    def _quotation(self, block: Block, *, starts: bool) -> Element:
        if starts or self._answer is None:
            self._answer = Element("BlockQuote", block.language)
            self._paragraphs = lines.paragraphs(block.text)  # once: an answer may be thousands of lines
            self._root.kids.append(self._answer)
        return self._answer


def _read(drawn: str) -> str:
    """What programs read where this is drawn: shapes as their letters, and no space but the usual one.

    ReportLab draws the space that does not break as any other.
    """
    if drawn.isascii():
        return drawn
    return "".join(map(typed_by, drawn)).replace(lines.NO_SPACE, "").replace("\u00a0", " ")


def _visible(text: str) -> str:
    return "\n".join(signs.visible(line) for line in text.split("\n"))


def _say(element: Element, text: str) -> None:
    """Let the element say this; more than one string may hold is said by its parts, one after the other."""
    parts = [text[at : at + LONGEST_TEXT] for at in range(0, len(text), LONGEST_TEXT)]
    for each, part in zip(element.kids or [element], parts, strict=True):
        each.said = part
