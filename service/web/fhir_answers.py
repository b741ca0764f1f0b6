"""How every FHIR door answers: JSON alone, resources with their version; nothing of it is stored."""

from collections.abc import Callable
from dataclasses import replace

from flask import Response, request

from service.web.problems import FHIR_JSON
from service.web.reading import OnlyJson
from service.workflow.find_responses import Served

JSON_TYPES = ("application/fhir+json", "application/json")


def speak_json() -> None:
    """Refuse another format by _format, else by Accept (fhir-rest H-03, H-04); discovery is JSON in any case."""
    if request.endpoint == "fhir_api.discovery":
        return
    asked = request.args.get("_format")
    if asked is not None and asked not in ("json", *JSON_TYPES):
        raise OnlyJson
    if asked is None and request.accept_mimetypes and not request.accept_mimetypes.best_match(JSON_TYPES):
        raise OnlyJson


def resource(served: Served, status: int = 200) -> Response:
    """A resource with its version as ETag and the instant of its last change (fhir-rest I-01)."""
    response = private(Response(served.raw, status, content_type=FHIR_JSON))
    response.headers["ETag"] = f'W/"{served.version}"'
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
