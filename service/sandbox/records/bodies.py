"""Reading what a client sends and which form it wants back: media types, JSON, `_format`, `Accept`, `Prefer`.

It stands apart from the doors, which should read like the list of interactions they are.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from flask import Request

from service.sandbox.records.refusals import Refused, Resource

FHIR_JSON = "application/fhir+json"
JSON = "application/json"
# US Core asks for 5 MiB of content at least (U-04); base64 and the rest of the resource come on top.
LARGEST_BODY = 16 * 1024 * 1024

_FORMATS = {"json": FHIR_JSON, JSON: JSON, FHIR_JSON: FHIR_JSON, "text/json": FHIR_JSON}
_ACCEPTED = {"*/*": FHIR_JSON, "application/*": FHIR_JSON, FHIR_JSON: FHIR_JSON, JSON: JSON}
_VERSION = re.compile(r"fhirversion\s*=\s*\"?([\d.]+)\"?", re.IGNORECASE)


def answer_type(request: Request) -> str:
    """The media type that the client takes; `_format` comes before Accept, anything but JSON is 406."""
    by_form = request.mimetype == "application/x-www-form-urlencoded" and request.path.endswith("/_search")
    asked = request.args.get("_format") or (request.form.get("_format") if by_form else None)
    if asked is not None:
        # A plus sign in a query reads as a space; clients forget to escape it.
        return _or_not_acceptable(_FORMATS.get(asked.replace(" ", "+").partition(";")[0]))
    wanted = [value for value, quality in request.accept_mimetypes if quality > 0]
    if not wanted:
        return FHIR_JSON
    known = (_ACCEPTED.get(_bare(value)) for value in wanted if _is_r4(value))
    return _or_not_acceptable(next(filter(None, known), None))


def wants_resource(request: Request, content_type: str) -> bool:
    """Whether a Binary is asked for as a resource rather than as its bytes (R4 Binary, Serving Binary Resources)."""
    if "_format" in request.args:
        return bool(answer_type(request))
    qualities = {_bare(value): quality for value, quality in request.accept_mimetypes}
    if FHIR_JSON not in qualities:
        return False
    raw = qualities.get(_bare(content_type), qualities.get("*/*", 0))
    return qualities[FHIR_JSON] >= raw


def prefers(request: Request) -> str:
    """`minimal`, `OperationOutcome` or `representation`, as the header Prefer says (R4 http, create)."""
    found = re.search(
        r"\breturn\s*=\s*(minimal|OperationOutcome|representation)\b", request.headers.get("Prefer", "")
    )
    return found[1] if found else "representation"


def sent_resource(request: Request) -> Resource:
    """The resource in the body; 415 for another media type, 400 for what is no JSON."""
    if not is_fhir_json(request):
        raise Refused(415, "not-supported", "The body must be application/fhir+json.")
    try:
        body = json.loads(
            sent_bytes(request).decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as broken:
        raise Refused(400, "structure", "The body is not JSON as FHIR writes it.") from broken
    if not isinstance(body, dict):
        raise Refused(400, "structure", "The body is not a FHIR resource.")
    return body


def sent_binary(request: Request) -> Resource:
    """A Binary made from the raw bytes in the body, with the header X-Security-Context as its security context."""
    if not request.mimetype:
        raise Refused(415, "not-supported", "Raw content needs a Content-Type.")
    content = sent_bytes(request)
    if not content:
        raise Refused(400, "structure", "The body is empty.")
    binary: Resource = {"resourceType": "Binary", "contentType": str(request.content_type)}
    context = request.headers.get("X-Security-Context")
    if context:
        binary["securityContext"] = {"reference": context}
    return {**binary, "data": base64.b64encode(content).decode()}


def is_fhir_json(request: Request) -> bool:
    """Whether the body says it is a resource in JSON, of R4 if it names a version."""
    return request.mimetype in (FHIR_JSON, JSON) and _is_r4(request.content_type or "")


def sent_bytes(request: Request) -> bytes:
    """The whole body; a body that ends before its announced length is refused, since it would be stored cut off."""
    if request.content_length is None:
        raise Refused(411, "required", "The request needs a Content-Length.")
    if request.content_length > LARGEST_BODY:
        raise Refused(413, "too-long", "The body is larger than this server takes.")
    content = request.get_data(cache=False)
    if len(content) != request.content_length:
        raise Refused(400, "structure", "The body is shorter than its Content-Length.")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _is_r4(media_type: str) -> bool:
    version = _VERSION.search(media_type)
    return version is None or version[1] in ("4.0", "4.0.1")


def _or_not_acceptable(found: str | None) -> str:
    if found is None:
        raise Refused(406, "not-supported", "This server answers in JSON only.")
    return found
