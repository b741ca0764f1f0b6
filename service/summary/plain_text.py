"""The summary as plain text, UTF-8: for record systems that take nothing else, and when no PDF can be made.

Each line of an answer begins with a bar, and no line of ours does: no answer can look like a heading or our notice.
"""

from collections.abc import Iterator

from service.summary.blocks import Block, Document, Role
from service.summary.signs import lines, visible

_BAR, _FURTHER = "|", "  "
_HEADINGS = frozenset({Role.TITLE, Role.SECTION, Role.PROMPT, Role.NOTICE_TITLE, Role.ABOUT_TITLE})
_LABELLED = frozenset({Role.FACT, Role.ABOUT})


def plain_text(document: Document) -> bytes:
    """The document in UTF-8, lines ended by LF; the same document gives the same bytes, and no text makes it fail."""
    return "".join(f"{line}\n" for line in _lines(document)).encode("utf-8")


def _lines(document: Document) -> Iterator[str]:
    before: Role | None = None
    for block in document.blocks:
        if before is not None and _stands_apart(block.role, before):
            yield ""
        yield from _answer(block.text) if block.role is Role.ANSWER else _ours(block)
        before = block.role


def _stands_apart(role: Role, before: Role) -> bool:
    """Whether an empty line goes before it: around headings, and between blocks of different kinds that are ours."""
    belongs = role in (Role.ANSWER, Role.ABSENT) and before in (Role.WHEN, Role.PRIVATE)
    return role in _HEADINGS or (role is not before and not belongs)


def _answer(text: str) -> Iterator[str]:
    yield from (f"{_BAR} {visible(line)}" if line else _BAR for line in lines(text))


def _ours(block: Block) -> Iterator[str]:
    first, *others = (visible(line) for line in lines(block.text))
    between = ": " if block.role in _LABELLED else " "
    yield f"{visible(block.label)}{between}{first}" if block.label else first
    yield from (_FURTHER + line for line in others)
