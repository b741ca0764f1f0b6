"""The summary as Rich Text Format (1.9): for record systems whose documents are RTF alone.

The file is ASCII throughout. Text enters through one escaper: braces and backslashes are escaped, every other sign
beyond ASCII is written by its UTF-16 number, and nothing else begins a control word.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.summary.bidi import begins_right_to_left
from service.summary.blocks import Block, Document, Role, heading_levels
from service.summary.signs import lines, one_line, visible

_PRODUCT = "Infusion Journal"
# Microsoft's numbers of languages, as RTF wants them.
_LANGUAGES = {"en": 1033, "es": 3082}
_COLOURS = (
    r"{\colortbl;\red28\green43\blue48;\red86\green102\blue108;\red31\green86\blue99;\red122\green59\blue18;}"
)
_INK, _QUIET, _ACCENT, _WARN = 1, 2, 3, 4
_PAGE = r"\paperw12240\paperh15840\margl1320\margr1320\margt1700\margb1440\headery620\footery620"
_ANSWER_STYLE = 5
_STYLES = (
    r"{\stylesheet{\s0 Normal;}{\s1 heading 1;}{\s2 heading 2;}{\s3 heading 3;}{\s4 heading 4;}"
    r"{\s5 Answer;}}"
)
_LABELLED = frozenset({Role.FACT, Role.ABOUT})


@dataclass(frozen=True, slots=True)
class _Look:
    """How one kind of block looks: half points, twips, a number of the colour table."""

    size: int
    colour: int = _INK
    bold: bool = False
    before: int = 0
    after: int = 60
    indent: int = 0
    keeps_next: bool = False


_LOOKS = {
    Role.AUTHORSHIP: _Look(20, _ACCENT, bold=True),
    Role.TITLE: _Look(34, bold=True, before=60, after=120, keeps_next=True),
    Role.FACT: _Look(21),
    Role.REMARK: _Look(20, _WARN, before=120),
    Role.SECTION: _Look(27, _ACCENT, bold=True, before=480, after=120, keeps_next=True),
    Role.PROMPT: _Look(22, bold=True, before=360, after=100, keeps_next=True),
    Role.WHEN: _Look(19, _ACCENT, bold=True, before=180, keeps_next=True),
    Role.ANSWER: _Look(22, after=0, indent=440),
    Role.ABSENT: _Look(22, _QUIET, indent=440),
    Role.PRIVATE: _Look(19, _WARN, bold=True, indent=440, keeps_next=True),
    Role.NOTICE_TITLE: _Look(22, bold=True, before=480, keeps_next=True),
    Role.NOTICE: _Look(21, before=60),
    Role.ABOUT_TITLE: _Look(19, _QUIET, bold=True, before=480, keeps_next=True),
    Role.ABOUT: _Look(17, _QUIET, after=20),
}


def rtf(document: Document) -> bytes:
    """The document as RTF in ASCII; the same document gives the same bytes, and no text makes it fail."""
    parts = (
        rf"{{\rtf1\ansi\ansicpg1252\deff0\deflang{_language(document.language)}\uc1",
        r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}}",
        _COLOURS,
        _STYLES,
        rf"{{\info{{\title {_escaped(document.title)}}}{{\author {_PRODUCT}}}}}",
        _PAGE,
        *_every_page(document),
        *_body(document),
        "}",
    )
    return "".join(f"{part}\n" for part in parts).encode("ascii")


def _every_page(document: Document) -> Iterator[str]:
    """Who wrote it, whose it is and which clinic, at the head of every page (W-05); at the foot title and number."""
    head = r"\pard\plain\f0\fs18\b\cf3 {}\par\pard\plain\f0\fs18\b {}\par\pard\plain\f0\fs18 \par"
    first = f"{document.authorship} · {document.clinic_name}"
    yield rf"{{\header{head.format(_escaped(first), _escaped(' · '.join(document.patient)))}}}"
    yield rf"{{\footer\pard\plain\f0\fs18\cf2 {_escaped(document.title)} \endash  \chpgn\par}}"


def _body(document: Document) -> Iterator[str]:
    levels = heading_levels(document)
    for block in document.blocks:
        for number, line in enumerate(lines(block.text)):
            yield _paragraph(block, line, levels, is_first=number == 0)


def _paragraph(block: Block, line: str, levels: Mapping[Role, int], *, is_first: bool) -> str:
    look = _LOOKS[block.role]
    label = _label(block) if is_first else ""
    start = _style(block.role, levels) + _sides(look.indent, line, is_answer=block.role is Role.ANSWER)
    spacing = rf"\sb{look.before if is_first else 0}\sa{look.after}" + (r"\keepn" if look.keeps_next else "")
    letters = rf"\f0\fs{look.size}\cf{look.colour}" + (r"\b" if look.bold else "")
    language = rf"\lang{_language(block.language)}" if block.language else ""
    return rf"{{\pard\plain{start}{spacing}{letters}{language} {label}{_escaped(line)}\par}}"


def _style(role: Role, levels: Mapping[Role, int]) -> str:
    if role is Role.ANSWER:
        return rf"\s{_ANSWER_STYLE}"
    return rf"\s{levels[role]}\outlinelevel{levels[role] - 1}" if role in levels else r"\s0"


def _sides(indent: int, line: str, *, is_answer: bool) -> str:
    """Indent and bar on the side from which the paragraph is read."""
    from_right = begins_right_to_left(line)
    bar = rf"\brdr{'r' if from_right else 'l'}\brdrs\brdrw20\brsp120\brdrcf2" if is_answer else ""
    if from_right:
        return rf"\rtlpar\qr\ri{indent}{bar}"
    return rf"\ltrpar\ql\li{indent}{bar}"


def _label(block: Block) -> str:
    if not block.label:
        return ""
    colon = ":" if block.role in _LABELLED else ""
    return rf"{{\b {_escaped(block.label)}{colon} }}"


def _language(tag: str) -> int:
    return _LANGUAGES.get(tag.lower().partition("-")[0], 0x400)


def _escaped(text: str) -> str:
    return "".join(_sign(sign) for sign in visible(one_line(text)))


def _sign(sign: str) -> str:
    if sign == "\t":
        return r"\tab "
    if sign in "\\{}":
        return f"\\{sign}"
    return sign if sign.isascii() else "".join(rf"\u{number}?" for number in _utf16(sign))


def _utf16(sign: str) -> Iterator[int]:
    """Its UTF-16 numbers, signed as RTF writes them; two for what lies above U+FFFF."""
    coded = sign.encode("utf-16-be")
    for at in range(0, len(coded), 2):
        yield int.from_bytes(coded[at : at + 2], "big", signed=True)
