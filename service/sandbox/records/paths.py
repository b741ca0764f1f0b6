"""Reading a resource by a dotted path, and references as text.

It stands apart because the checks, the index and the ties all walk a resource in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_LOCAL = re.compile(
    r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII
)


def at(value: Any, path: str) -> Iterator[Any]:
    """Every value under the path, lists flattened; nothing where the path leads nowhere."""
    head, _, rest = path.partition(".")
    for one in _each(value):
        if isinstance(one, dict) and head in one:
            below = _each(one[head])
            yield from (deeper for each in below for deeper in at(each, rest)) if rest else below


def local(reference: object) -> tuple[str, str] | None:
    """The type and id that a relative reference names, without its version; None for every other form."""
    match = _LOCAL.fullmatch(reference) if isinstance(reference, str) else None
    return (match[1], match[2]) if match else None


def reference_of(value: Any) -> str | None:
    """The text of a Reference element, or None where it has only an identifier or a display."""
    return value.get("reference") if isinstance(value, dict) else None


def relative(value: Any, base: str) -> Any:
    """The same JSON with references into our own base made relative, as record systems do when they save."""
    if isinstance(value, list):
        return [relative(one, base) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _shortened(one, base) if key == "reference" else relative(one, base)
        for key, one in value.items()
    }


def _shortened(reference: Any, base: str) -> Any:
    within = isinstance(reference, str) and reference.startswith(f"{base}/")
    return reference[len(base) + 1 :] if within else reference


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
