"""A document in words, ready to be drawn: blocks in reading order, each with its purpose.

Apart from what makes them (content, course_content) and from what draws them (pdf, plain_text, xhtml, rtf).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from service.summary.words import Words


class Role(Enum):
    """What a block is for; the layout decides how that looks."""

    AUTHORSHIP = auto()
    TITLE = auto()
    FACT = auto()
    REMARK = auto()
    SECTION = auto()
    PROMPT = auto()
    WHEN = auto()
    ANSWER = auto()
    ABSENT = auto()
    PRIVATE = auto()
    NOTICE_TITLE = auto()
    NOTICE = auto()
    ABOUT_TITLE = auto()
    ABOUT = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or more of text with one purpose; `label` stands before it, quieter or bolder.

    `language` is its own BCP 47 tag where it differs from the document's.
    """

    role: Role
    text: str
    label: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A summary in words: what stands on every page, and the blocks in reading order."""

    title: str
    language: str
    clinic_name: str
    authorship: str
    patient: tuple[str, ...]
    words: Words
    blocks: tuple[Block, ...]


def heading_levels(said: Document) -> Mapping[Role, int]:
    """Which blocks are headings, and how deep: no level is left out where there are no sections."""
    deeper = any(block.role is Role.SECTION for block in said.blocks)
    return {
        Role.TITLE: 1,
        Role.SECTION: 2,
        Role.PROMPT: 3 if deeper else 2,
        Role.WHEN: 4 if deeper else 3,
        Role.NOTICE_TITLE: 2,
        Role.ABOUT_TITLE: 2,
    }
