"""The one strict reader of what comes in: bytes, then JSON or a form (threat model T33 and T34).

The servers below hand on a body that was cut short as if it were whole, and Flask's own JSON accepts NaN,
duplicate keys and lone surrogates. So everything that is written to us passes here, and nothing else reads it.
"""

import json
import math
import re
from urllib.parse import parse_qsl

from flask import Request

from service.journal.problems import Fault, Unusable

MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_FIELDS = 200
JSON_BYTES = 1024 * 1024
FORM_BYTES = 2 * 1024 * 1024

# Every C0 control but tab, line feed and carriage return (R4 datatypes, string), and half a surrogate pair.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


class LengthRequired(Unusable):
    """The request does not say how long it is."""


class TooLarge(Unusable):
    """That is more than fits here. What was saved before is still saved."""


class CutShort(Unusable):
    """Only part of it arrived, so nothing was changed. Please send it again."""


class UnsupportedType(Unusable):
    """This kind of content is not taken here."""


class OnlyJson(Unusable):
    """Only JSON is spoken here."""


class NotReadable(Unusable):
    """What was sent could not be read."""


def read_body(request: Request, limit: int) -> bytes:
    """The whole body: exactly as many bytes as Content-Length said, at most `limit`; else a named problem."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedType(Fault("not-supported", "Send the body as it is, without Content-Encoding."))
    length = request.content_length
    if length is None or "Transfer-Encoding" in request.headers:
        raise LengthRequired(Fault("required", "Content-Length is required; chunked bodies are not taken."))
    if length > limit:
        raise TooLarge(Fault("too-long", f"The body may have {limit} bytes at most."))
    raw = request.environ["wsgi.input"].read(length)
    if len(raw) != length:
        raise CutShort(Fault("incomplete", f"Content-Length said {length} bytes; {len(raw)} arrived."))
    return bytes(raw)


def read_json(request: Request, limit: int = JSON_BYTES) -> tuple[bytes, dict[str, object]]:
    """The body as received and the JSON object in it; a named problem for anything that is not plainly one."""
    raw = read_body(request, limit)
    return raw, parse_json(raw)


def parse_json(raw: bytes) -> dict[str, object]:
    """The JSON object in these bytes: UTF-8, no key twice, finite numbers, plain strings, bounded depth and size."""
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_without_twins, parse_constant=_refuse_constant
        )
    except RecursionError:
        raise _unreadable(f"nested deeper than {MAX_DEPTH} levels") from None
    except UnicodeDecodeError:
        raise _unreadable("is not UTF-8") from None
    except _TwinKey:
        raise _unreadable("a key stands twice in one object") from None
    except ValueError:
        raise _unreadable("is not JSON") from None
    if not isinstance(value, dict):
        raise _unreadable("is not a JSON object")
    _walk(value)
    return value


def read_form(request: Request, limit: int = FORM_BYTES) -> dict[str, str]:
    """The form's fields, each once, with line ends as LF and forbidden controls as a space (fault matrix F46)."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedType(Fault("not-supported", "This page takes plain forms only."))
    raw = read_body(request, limit)
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise _unreadable("is not a form") from None
    fields = {name: tidy(value) for name, value in pairs}
    if len(fields) != len(pairs):
        raise _unreadable("a field stands twice in the form")
    return fields


def tidy(text: str) -> str:
    """A person's text as we keep it: LF line ends, controls that FHIR strings forbid as spaces."""
    return CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


class _TwinKey(Exception):
    """The same key stands twice in one object."""


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _TwinKey
    return value


def _refuse_constant(_name: str) -> object:
    raise ValueError


def _walk(value: object) -> None:
    """Breadth first, without recursion: a hostile depth must not reach the interpreter's own limit."""
    level: list[object] = [value]
    nodes = depth = 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            raise _unreadable(f"nested deeper than {MAX_DEPTH} levels or more than {MAX_NODES} values")
        level = [child for node in level for child in _children(node)]


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        return [*node.keys(), *node.values()]
    if isinstance(node, list):
        return node
    if isinstance(node, str) and _FORBIDDEN.search(node):
        raise _unreadable("a string holds a character that FHIR strings may not have")
    if isinstance(node, float) and not math.isfinite(node):
        raise _unreadable("a number is out of range")
    return []


def _unreadable(what: str) -> NotReadable:
    return NotReadable(
        Fault("structure", f"The body {what}." if what.startswith("is ") else f"The body: {what}.")
    )
