"""JSON from strangers, read strictly: what two readers could understand differently is refused.

It stands apart because tokens, keys, discovery documents and resources all need the same care.
"""

import json
from typing import Any, NoReturn


class NotStrict(ValueError):
    """The text is not JSON that every reader understands alike."""


def read_strictly(raw: bytes | str) -> Any:
    """The JSON value, where no member stands twice, every number is finite and all text is Unicode; or NotStrict."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        _no_half_characters(text, value)
    except (ValueError, RecursionError) as error:
        raise NotStrict from error
    return value


def read_object(raw: bytes | str) -> dict[str, Any]:
    """The JSON object in the text; NotStrict where there is another value or none."""
    value = read_strictly(raw)
    if not isinstance(value, dict):
        raise NotStrict
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrict
    return members


def _refuse(_: str) -> NoReturn:
    raise NotStrict


def _no_half_characters(text: str, value: Any) -> None:
    # A lone surrogate escape parses, and breaks later, wherever the text is written as UTF-8.
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode("utf-8")
