"""Whether a foreign narrative is what R4 allows: simple formatting, nothing that acts (Narrative txt-1, T29).

The models take any text as a div, a script too. We never render it, but others who read the response from us may.
"""

import re
from collections.abc import Iterator
from html.entities import name2codepoint
from typing import Any
from xml.etree import ElementTree

_XHTML = "{http://www.w3.org/1999/xhtml}"
_ELEMENTS = (
    "a abbr acronym address b big blockquote br caption cite code col colgroup dd del dfn div dl dt em "
    "h1 h2 h3 h4 h5 h6 hr i img ins li ol p pre q samp small span strong sub sup table tbody td tfoot th thead "
    "tr tt ul var"
)
_ALLOWED = frozenset(_ELEMENTS.split())
_ACTING = re.compile(r"(?i)^(javascript|vbscript|data|file):")
_ENTITY = re.compile(r"&([A-Za-z]+);")
_XML_ENTITIES = ("amp", "lt", "gt", "quot", "apos")


def bad_narratives(value: Any, path: str) -> Iterator[str]:
    """The places (FHIRPath) of every narrative in a resource, contained ones too, that holds more than it may."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from bad_narratives(one, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, one in value.items():
            div = one.get("div") if name == "text" and isinstance(one, dict) else None
            if isinstance(div, str) and not is_simple(div):
                yield f"{path}.text.div"
            yield from bad_narratives(one, f"{path}.{name}")


def is_simple(div: str) -> bool:
    """Whether this is one XHTML div of formatting only."""
    if "<!" in div or "<?" in div:
        return False  # no document types, so no entities of the sender's own
    try:
        root = ElementTree.fromstring(_ENTITY.sub(_numbered, div))  # noqa: S314 - entities are ruled out above
    except (ElementTree.ParseError, ValueError):
        return False
    return root.tag == f"{_XHTML}div" and all(_is_plain(element) for element in root.iter())


def _numbered(entity: re.Match[str]) -> str:
    name = entity[1]
    known = name in name2codepoint and name not in _XML_ENTITIES
    return f"&#{name2codepoint[name]};" if known else entity[0]


def _is_plain(element: ElementTree.Element) -> bool:
    return (
        element.tag.startswith(_XHTML)
        and element.tag.removeprefix(_XHTML) in _ALLOWED
        and all(_is_quiet(name, value) for name, value in element.attrib.items())
    )


def _is_quiet(name: str, value: str) -> bool:
    if name.lower().startswith("on"):
        return False
    # Browsers skip control characters and blanks within a scheme.
    return not _ACTING.match(re.sub(r"[\x00-\x20]", "", value))
