"""How every FHIR door answers: JSON alone, resources with their version; nothing of it is stored."""

from collections.abc import Callable
from dataclasses import replace

from flask import Response, request
from werkzeug.http import parse_options_header

from service.journal.problems import Fault
from service.web.problems import FHIR_JSON
from service.web.reading import OnlyJson, UnsupportedType
from service.web.search_values import UnknownParameter
from service.workflow.find_responses import Served

JSON_TYPES = ("application/fhir+json", "application/json")
# What every address may say beside what it is asked for (fhir-rest H-03, H-06).
ABOUT_THE_ANSWER = ("_format", "_pretty")
_VERSION = "4.0"


def speak_json() -> None:
    """Refuse another format by _format, else by Accept, and another FHIR version in either direction.

    Discovery is JSON in any case (fhir-rest H-03 to H-05).
    """
    if request.endpoint == "fhir_api.discovery":
        return
    asked = request.args.get("_format")
    if asked is not None and asked not in ("json", *JSON_TYPES):
        raise OnlyJson
    if asked is None and request.accept_mimetypes and not any(map(_is_spoken, _accepted())):
        raise OnlyJson
    if _version_of(request.content_type or "") != _VERSION:
        raise UnsupportedType(Fault("not-supported", "FHIR 4.0 alone is spoken here."))


def take_json() -> None:
    """UnsupportedType for a body that is no JSON; UnknownParameter for what a write cannot be asked by."""
    if request.mimetype not in JSON_TYPES:
        raise UnsupportedType
    if not set(request.args) <= set(ABOUT_THE_ANSWER):
        raise UnknownParameter(Fault("not-supported", "This parameter is not offered here."))


def _accepted() -> list[str]:
    return [one for one, quality in request.accept_mimetypes if quality > 0]


def _is_spoken(accepted: str) -> bool:
    kind = parse_options_header(accepted)[0]
    return kind in (*JSON_TYPES, "application/*", "*/*") and _version_of(accepted) == _VERSION


def _version_of(media_type: str) -> str:
    """The FHIR version that a media type names; ours where it names none."""
    named = {name.lower(): said for name, said in parse_options_header(media_type)[1].items()}
    return named.get("fhirversion", _VERSION)


def resource(served: Served, status: int = 200) -> Response:
    """A resource with its version as ETag and the instant of its last change (fhir-rest I-01)."""
    response = private(Response(served.raw, status, content_type=FHIR_JSON))
    response.headers["ETag"] = f'W/"{served.version_id}"'
    response.last_modified = served.last_updated
    return response


def read(served: Served, shown: Callable[[bytes], bytes]) -> Response:
    """What is `shown` of the resource, or 304 where the client has this version already (fhir-rest I-03)."""
    response = resource(replace(served, raw=shown(served.raw)))
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns the response it was given


def private(response: Response) -> Response:
    """Patients' data, which no cache may keep (fhir-rest H-11)."""
    response.headers["Cache-Control"] = "no-store"
    return response
