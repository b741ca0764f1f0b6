"""How a resource of ours is named at a record system, and how to write only upon the version one has seen."""

from collections.abc import Mapping
from typing import Any

from service.r4.canonical import URI_IDENTIFIER
from service.smart.fhir_id import is_id

# For an update that is to make a resource: what comes late, behind the answer of a later attempt, changes nothing any
# more of what was superseded or struck meanwhile. A record system that does not know it ignores it.
IF_NEW: Mapping[str, str] = {"If-None-Match": "*"}


def named(identifier: str) -> str:
    """A URI of ours ("urn:uuid:…") as a token to search for (R4 search, token)."""
    return f"{URI_IDENTIFIER}|{identifier}"


def version_of(resource: Mapping[str, Any]) -> str | None:
    """The version that a resource says it has; None where it says none that could be named."""
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return version if is_id(version) else None


def if_still(version: str | None) -> dict[str, str]:
    """The header that lets an update pass only while this is the current version; none where it is not known."""
    return {"If-Match": f'W/"{version}"'} if version else {}
