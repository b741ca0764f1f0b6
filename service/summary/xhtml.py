"""The summary as XHTML 1.0 Strict: for record systems that take mark-up, and turn it into RTF inside (O-05).

Every tag is closed, nothing runs and nothing is fetched. Text enters through one escaper, after the codes for what
nobody would see; so there is no character left that XML cannot hold.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby

from service.summary.bidi import begins_right_to_left
from service.summary.blocks import Block, Document, Role, heading_levels
from service.summary.signs import lines, one_line, visible

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
# Without scripts and without addresses. A reader that drops it shows the same words in the same order.
_STYLE = """
body { margin: 2em auto; max-width: 40em; padding: 0 1em; font-family: sans-serif; line-height: 1.5;
  color: #1c2b30; background: #fff; }
h1, h2, h3, h4 { line-height: 1.3; }
.title { font-size: 1.6em; margin: 0.2em 0 0.6em; }
.section { font-size: 1.25em; margin: 2em 0 0.6em; color: #1f5663; }
.prompt { font-size: 1.05em; margin: 1.8em 0 0.4em; }
.when { font-size: 0.9em; margin: 1.2em 0 0.3em; color: #1f5663; }
.authorship { font-weight: bold; color: #1f5663; }
.fact { margin: 0.2em 0; }
.label, .absent, .about { color: #56666c; }
.private { font-weight: bold; font-size: 0.9em; color: #7a3b12; }
.remark { color: #7a3b12; }
.about { font-size: 0.85em; margin: 0.2em 0; }
blockquote { margin: 0.4em 0; padding: 0 1em; border-left: 0.15em solid #a9c3c9; }
blockquote[dir="rtl"] { border-left: 0; border-right: 0.15em solid #a9c3c9; }
blockquote p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
div.notice { background: #eef4f5; padding: 0.1em 1em; margin-top: 2em; }
.notice-title, .about-title { font-size: 1em; margin: 0.8em 0 0.4em; }
"""
_NOTICES = frozenset({Role.NOTICE_TITLE, Role.NOTICE})
_LABELLED = frozenset({Role.FACT, Role.ABOUT})
_BREAK = "<br />"


def xhtml(document: Document) -> bytes:
    """The document as one XHTML page in UTF-8; the same document gives the same bytes, and no text makes it fail."""
    language = _escaped(document.language)
    parts = (
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"'
        ' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">',
        f'<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{language}" lang="{language}" dir="ltr">',
        "<head>",
        '<meta http-equiv="Content-Type" content="application/xhtml+xml; charset=utf-8" />',
        f"<title>{_escaped(one_line(document.title))}</title>",
        f'<style type="text/css">{_STYLE}</style>',
        "</head>",
        "<body>",
        *_body(document),
        "</body>",
        "</html>",
    )
    return "".join(f"{part}\n" for part in parts).encode("utf-8")


def _body(document: Document) -> Iterator[str]:
    levels = heading_levels(document)
    for noticed, blocks in groupby(document.blocks, key=lambda block: block.role in _NOTICES):
        if noticed:
            yield '<div class="notice">'
        for block in blocks:
            yield _quoted(block) if block.role is Role.ANSWER else _ours(block, levels)
        if noticed:
            yield "</div>"


def _ours(block: Block, levels: Mapping[Role, int]) -> str:
    name = f"h{levels[block.role]}" if block.role in levels else "p"
    kind = block.role.name.lower().replace("_", "-")
    text = _BREAK.join(_escaped(line) for line in lines(block.text))
    return f'<{name} class="{kind}"{_ways(block.text, block)}>{_label(block)}{text}</{name}>'


def _label(block: Block) -> str:
    if not block.label:
        return ""
    colon = ":" if block.role in _LABELLED else ""
    return f'<span class="label">{_escaped(block.label)}{colon}</span> '


def _quoted(block: Block) -> str:
    """An answer: a paragraph for each run of lines of one direction, each line end a break."""
    paragraphs = (
        f"<p{_ways(run[0], block)}>{_BREAK.join(_escaped(line) for line in run)}</p>"
        for run in _runs(lines(block.text))
    )
    return f"<blockquote{_side(block.text)}>{''.join(paragraphs)}</blockquote>"


def _runs(each: list[str]) -> Iterator[list[str]]:
    """Lines in runs that are read from one side; an empty one goes with those before it."""
    run = each[:1]
    for line in each[1:]:
        if line.strip() and begins_right_to_left(line) != begins_right_to_left(run[0]):
            yield run
            run = []
        run.append(line)
    yield run


def _ways(text: str, block: Block) -> str:
    """The attributes that say in which language it is, where that is not the page's, and from which side it is read."""
    language = _escaped(block.language) if block.language else ""
    tongue = f' xml:lang="{language}" lang="{language}"' if language else ""
    return tongue + _side(text)


def _side(text: str) -> str:
    return ' dir="rtl"' if begins_right_to_left(text) else ""


def _escaped(line: str) -> str:
    return visible(line).translate(_ESCAPED)
