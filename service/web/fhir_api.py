"""The clinic's FHIR base for other people's software: metadata, published Questionnaires, QuestionnaireResponses."""

from flask import Response, current_app, request

from service.access.context import Role
from service.access.policies import PUBLIC, fhir
from service.journal.entries import Draft
from service.journal.problems import NotAllowed, NotYours
from service.r4 import bundle, history
from service.web import fhir_answers, fhir_search, search_values
from service.web.doors import Door
from service.web.fhir_answers import JSON_TYPES
from service.web.guards import context, desk
from service.web.problems import FHIR_JSON
from service.web.reading import UnsupportedType, read_form, read_json
from service.web.search_values import UnknownParameter
from service.workflow.find_responses import (
    find_responses,
    read_history,
    read_response,
    read_version,
    serve,
    serve_draft,
)
from service.workflow.receive_response import receive_response
from service.workflow.tell_about_us import capability_statement, smart_configuration

door = Door("fhir_api", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

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
    if request.mimetype not in JSON_TYPES:
        raise UnsupportedType
    if "If-None-Exist" in request.headers:
        raise UnknownParameter
    raw, value = read_json(request)
    kept = receive_response(desk(), context(), raw, value)
    served = serve_draft(desk(), context(), kept) if isinstance(kept, Draft) else serve(kept)
    response = fhir_answers.resource(served, 201)
    base = desk().clinic(clinic).base
    response.headers["Location"] = f"{base}/QuestionnaireResponse/{served.id}/_history/{served.version}"
    if "return=minimal" in request.headers.get("Prefer", ""):
        response.set_data(b"")
    return response


@door.open("/QuestionnaireResponse/<response_id>", READ)
def read(clinic: str, response_id: str) -> Response:
    return fhir_answers.unless_known(fhir_answers.resource(read_response(desk(), context(), response_id)))


@door.open("/QuestionnaireResponse/<response_id>/_history/<version>", READ)
def read_past(clinic: str, response_id: str, version: str) -> Response:
    served = read_version(desk(), context(), response_id, version)
    return fhir_answers.unless_known(fhir_answers.resource(served))


@door.open("/QuestionnaireResponse/<response_id>/_history", READ)
def read_all_versions(clinic: str, response_id: str) -> Response:
    pairs = list(request.args.items(multi=True))
    found = read_history(desk(), context(), response_id, fhir_search.history(pairs))
    base, place = desk().clinic(clinic).base, f"QuestionnaireResponse/{response_id}"
    path = f"{place}/_history"
    below = found.next_below
    following = search_values.page_url(f"{base}/{path}", pairs, str(below)) if below else None
    past = [history.Past(one.version, one.last_updated, one.raw) for one in found.served]
    raw = history.write(base, place, _self_url(base, path), found.total, past, following)
    return fhir_answers.private(Response(raw, content_type=FHIR_JSON))


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
    query = search_values.as_query(pairs)
    found = find_responses(desk(), context(), wanted, query)
    base = desk().clinic(clinic).base
    path = f"{base}/QuestionnaireResponse"
    following = search_values.next_url(path, pairs, found.next_after)
    return fhir_answers.matches(base, "QuestionnaireResponse", query, found.served, following)


def _self_url(base: str, path: str) -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{base}/{path}?{query}" if query else f"{base}/{path}"


def _public(raw: bytes) -> Response:
    return _for_any_page(Response(raw, content_type=FHIR_JSON))


def _for_any_page(response: Response) -> Response:
    """Definitions and discovery may be read by any page (SMART B-06)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
