"""The clinic's FHIR base for other people's software: metadata, published Questionnaires, QuestionnaireResponses."""

from collections.abc import Iterable

from flask import Response, current_app, request

from service.access.context import Role
from service.access.policies import PUBLIC, fhir
from service.journal.entries import Draft
from service.journal.problems import NotAllowed, NotYours
from service.r4 import bundle
from service.web import fhir_search
from service.web.doors import Door
from service.web.fhir_search import UnknownParameter
from service.web.guards import context, desk
from service.web.problems import FHIR_JSON
from service.web.reading import OnlyJson, UnsupportedType, read_form, read_json
from service.workflow.find_responses import Served, find_responses, read_response, serve, serve_draft
from service.workflow.receive_response import receive_response
from service.workflow.tell_about_us import capability_statement, smart_configuration

_JSON_TYPES = ("application/fhir+json", "application/json")
door = Door("fhir_api", url_prefix="/<clinic>/fhir")


@door.before_request
def speak_json() -> None:
    """Refuse another format by _format, else by Accept (fhir-rest H-03, H-04); discovery is JSON in any case."""
    if request.endpoint == "fhir_api.discovery":
        return
    asked = request.args.get("_format")
    if asked is not None and asked not in ("json", *_JSON_TYPES):
        raise OnlyJson
    if asked is None and request.accept_mimetypes and not request.accept_mimetypes.best_match(_JSON_TYPES):
        raise OnlyJson


READ = fhir("QuestionnaireResponse", "r")
SEARCH = fhir("QuestionnaireResponse", "s")
CREATE = fhir("QuestionnaireResponse", "c")


@door.open("/metadata", PUBLIC)
def metadata(clinic: str) -> Response:
    return _public(capability_statement(desk(), clinic))


@door.open("/.well-known/smart-configuration", PUBLIC)
def discovery(clinic: str) -> Response:
    response = Response(smart_configuration(desk(), clinic), content_type="application/json")
    return _for_any_page(response)


@door.open("/Questionnaire", PUBLIC)
def questionnaires(clinic: str) -> Response:
    base = desk().clinic(clinic).base
    found = fhir_search.questionnaires(_published(), request.args.items(multi=True))
    entries = [(f"Questionnaire/{one.id}", one.raw) for one in found]
    return _public(bundle.searchset(base, _self_url(base, "Questionnaire"), entries, len(entries), None))


@door.open("/Questionnaire/<resource_id>", PUBLIC)
def questionnaire(clinic: str, resource_id: str) -> Response:
    desk().clinic(clinic)
    found = next((one for one in _published() if one.id == resource_id), None)
    if found is None:
        raise NotYours
    response = _public(found.raw)
    response.set_etag(found.digest)
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns the response it was given


@door.open("/QuestionnaireResponse", CREATE, "POST")
def create(clinic: str) -> Response:
    if context().role is not Role.PATIENT:
        raise NotAllowed  # what is filed as the patient's words comes from the patient alone (W-06)
    if request.mimetype not in _JSON_TYPES:
        raise UnsupportedType
    if "If-None-Exist" in request.headers:
        raise UnknownParameter
    raw, value = read_json(request)
    kept = receive_response(desk(), context(), raw, value)
    served = serve_draft(desk(), context(), kept) if isinstance(kept, Draft) else serve(kept)
    response = _resource(served, 201)
    base = desk().clinic(clinic).base
    response.headers["Location"] = f"{base}/QuestionnaireResponse/{served.id}/_history/{served.version}"
    if "return=minimal" in request.headers.get("Prefer", ""):
        response.set_data(b"")
    return response


@door.open("/QuestionnaireResponse/<response_id>", READ)
def read(clinic: str, response_id: str) -> Response:
    response = _resource(read_response(desk(), context(), response_id), 200)
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns the response it was given


@door.open("/QuestionnaireResponse", SEARCH)
def search(clinic: str) -> Response:
    return _searched(clinic, list(request.args.items(multi=True)))


@door.open("/QuestionnaireResponse/_search", SEARCH, "POST")
def search_by_form(clinic: str) -> Response:
    return _searched(clinic, [*request.args.items(multi=True), *read_form(request).items()])


def _published() -> tuple[fhir_search.Published, ...]:
    found: tuple[fhir_search.Published, ...] = current_app.extensions[fhir_search.PUBLISHED]
    return found


def _searched(clinic: str, pairs: list[tuple[str, str]]) -> Response:
    wanted = fhir_search.responses(pairs, context(), desk().library)
    query = fhir_search.as_query(pairs)
    found = find_responses(desk(), context(), wanted, query)
    base = desk().clinic(clinic).base
    path = f"{base}/QuestionnaireResponse"
    next_url = fhir_search.next_url(path, pairs, found.next_after) if found.next_after else None
    entries = [(f"QuestionnaireResponse/{one.id}", one.raw) for one in found.served]
    return _private(Response(_bundle(base, f"{path}?{query}", entries, next_url), content_type=FHIR_JSON))


def _bundle(base: str, self_url: str, entries: Iterable[tuple[str, bytes]], next_url: str | None) -> bytes:
    return bundle.searchset(base, self_url, entries, None, next_url)


def _resource(served: Served, status: int) -> Response:
    response = _private(Response(served.raw, status, content_type=FHIR_JSON))
    response.headers["ETag"] = f'W/"{served.version}"'
    response.last_modified = served.last_updated
    return response


def _self_url(base: str, path: str) -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{base}/{path}?{query}" if query else f"{base}/{path}"


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _public(raw: bytes) -> Response:
    return _for_any_page(Response(raw, content_type=FHIR_JSON))


def _for_any_page(response: Response) -> Response:
    """Definitions and discovery may be read by any page (SMART B-06)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
