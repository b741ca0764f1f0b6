"""The grammar of ids and type names in FHIR R4: what does not fit never becomes part of an address (threat T41)."""

import re
from typing import TypeGuard

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")


def is_id(value: object) -> TypeGuard[str]:
    """Whether a value is an R4 id, and no step up or down a path."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None and value not in (".", "..")


def is_type(value: object) -> TypeGuard[str]:
    """Whether a value looks like the name of a resource type."""
    return isinstance(value, str) and _TYPE.fullmatch(value) is not None
