"""The clinic's FHIR base for other people's software: metadata, published definitions, QuestionnaireResponses."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace

from flask import Response, request

from service.access.context import Role
from service.access.policies import PUBLIC, fhir
from service.journal.entries import Draft
from service.journal.problems import Conflict, NotAllowed, NotYours
from service.web import fhir_answers, fhir_creates, fhir_definitions, fhir_pages, fhir_search, search_reading
from service.web.doors import Door
from service.web.guards import context, desk
from service.web.problems import FHIR_JSON
from service.web.reading import read_json
from service.workflow.find_responses import (
    Served,
    find_by_identifier,
    find_responses,
    read_history,
    read_response,
    read_version,
    serve,
    serve_draft,
)
from service.workflow.read_provenance import provenances_of
from service.workflow.receive_response import receive_response
from service.workflow.tell_about_us import capability_statement, smart_configuration

door = Door("fhir_api", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

_DEFINITIONS = ", ".join(fhir_definitions.KINDS)
READ = fhir("QuestionnaireResponse", "r")
SEARCH = fhir("QuestionnaireResponse", "s")
CREATE = fhir("QuestionnaireResponse", "c")
PROVENANCES = fhir("Provenance", "s")
ENCOUNTERS = fhir("Encounter", "s")
_WITH_QUESTIONNAIRES = "_include=QuestionnaireResponse:questionnaire"
_WITH_PROVENANCES = "_revinclude=Provenance:target"
_WITH_ENCOUNTERS = "_include=QuestionnaireResponse:encounter"
_INCLUDES = (_WITH_ENCOUNTERS, _WITH_PROVENANCES, _WITH_QUESTIONNAIRES)


@door.open("/metadata", PUBLIC)
def metadata(clinic: str) -> Response:
    raw = capability_statement(desk(), clinic)
    response = _public(raw)
    response.set_etag(hashlib.sha256(raw).hexdigest(), weak=True)
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns the response it was given


@door.open("/.well-known/smart-configuration", PUBLIC)
def discovery(clinic: str) -> Response:
    return Response(smart_configuration(desk(), clinic), content_type="application/json")


@door.open(f"/<any({_DEFINITIONS}):definition>", PUBLIC)
@door.open(f"/<any({_DEFINITIONS}):definition>/_search", PUBLIC, "POST")
def questionnaires(clinic: str, definition: str) -> Response:
    """The published Questionnaires, or the definitions of another type that they rest on."""
    search = fhir_pages.asked(clinic, definition)
    published = fhir_definitions.at(desk().clinic(clinic), definition)
    found = fhir_definitions.find(published, definition, search.filters)
    entries = [(f"{definition}/{one.id}", one.raw) for one in found.page]
    return _public(fhir_pages.page(replace(search, counted=True), entries, found.place, found.total))


@door.open(f"/<any({_DEFINITIONS}):definition>/<resource_id>", PUBLIC)
def questionnaire(clinic: str, definition: str, resource_id: str) -> Response:
    """One published Questionnaire, or another definition."""
    offered = fhir_definitions.at(desk().clinic(clinic), definition)
    found = next((one for one in offered if one.id == resource_id), None)
    if found is None:
        raise NotYours
    response = _public(fhir_pages.part_asked()(found.raw))
    response.set_etag(found.digest, weak=found.raw != response.data)
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns the response it was given


@door.open("/QuestionnaireResponse", CREATE, "POST")
def create(clinic: str) -> Response:
    if context().role is not Role.PATIENT:
        raise NotAllowed  # what is filed as the patient's words comes from the patient alone (W-06)
    fhir_answers.take_json()
    unless = fhir_creates.unless_there(request.headers.get("If-None-Exist"))
    if unless is not None:
        fhir_pages.require(SEARCH)
    raw, value = read_json(request)
    if unless is None:
        return fhir_creates.answer(desk().clinic(clinic).base, _received(raw, value), 201)
    fhir_creates.refuse_another(unless, value)
    served, status = _received_once(unless, raw, value)
    return fhir_creates.answer(desk().clinic(clinic).base, served, status)


def _received(raw: bytes, value: dict[str, object]) -> Served:
    kept = receive_response(desk(), context(), raw, value)
    return serve_draft(desk(), context(), kept) if isinstance(kept, Draft) else serve(kept, context().at)


def _received_once(unless: str, raw: bytes, value: dict[str, object]) -> tuple[Served, int]:
    """What is kept under this identifier, and 200 where it was there before, 201 where it is new (I-20 to I-23)."""
    there = find_by_identifier(desk(), context(), unless)
    if there is not None:
        return there, 200
    try:
        return _received(raw, value), 201
    except Conflict:
        # The same request came twice at once, and the other one was first.
        there = find_by_identifier(desk(), context(), unless)
        if there is None:
            raise
        return there, 200


@door.open("/QuestionnaireResponse/<response_id>", READ)
def read(clinic: str, response_id: str) -> Response:
    shown = fhir_pages.part_asked()
    return fhir_answers.read(read_response(desk(), context(), response_id), shown)


@door.open("/QuestionnaireResponse/<response_id>/_history/<version>", READ)
def read_past(clinic: str, response_id: str, version: str) -> Response:
    shown = fhir_pages.part_asked()
    return fhir_answers.read(read_version(desk(), context(), response_id, version), shown)


@door.open("/QuestionnaireResponse/<response_id>/_history", READ)
def read_all_versions(clinic: str, response_id: str) -> Response:
    asked = fhir_pages.asked(clinic, f"QuestionnaireResponse/{response_id}/_history")
    return fhir_pages.past(
        asked, read_history(desk(), context(), response_id, fhir_search.history(asked.filters))
    )


@door.open("/QuestionnaireResponse", SEARCH)
@door.open("/QuestionnaireResponse/_search", SEARCH, "POST")
def search(clinic: str) -> Response:
    asked = fhir_pages.asked(clinic, "QuestionnaireResponse", _INCLUDES)
    if _WITH_PROVENANCES in asked.includes:
        fhir_pages.require(PROVENANCES)
    if _WITH_ENCOUNTERS in asked.includes:
        fhir_pages.require(ENCOUNTERS)
    wanted = fhir_search.responses(asked.filters, context())
    found = find_responses(desk(), context(), wanted, asked.query, counted=asked.counted)
    return fhir_pages.answer(
        asked,
        found.served,
        search_reading.place_of(found.ended),
        found.total,
        [
            *_questionnaires_of(asked, found.served),
            *_provenances_of(asked, found.served),
            *(fhir_pages.visits_of(found.served) if _WITH_ENCOUNTERS in asked.includes else ()),
        ],
    )


def _questionnaires_of(asked: fhir_pages.Asked, served: Iterable[Served]) -> list[fhir_pages.Entry]:
    """The Questionnaires that these responses answer, in the very version, where that was asked for (I-80)."""
    if _WITH_QUESTIONNAIRES not in asked.includes:
        return []
    home = desk().clinic(context().clinic)
    answered = {json.loads(one.raw).get("questionnaire") for one in served}
    return [
        (f"Questionnaire/{one.id}", one.raw)
        for one in fhir_definitions.at(home, "Questionnaire")
        if one.canonical in answered
    ]


def _provenances_of(asked: fhir_pages.Asked, served: Iterable[Served]) -> list[fhir_pages.Entry]:
    """How each version of these responses came to be, where that was asked for (I-80)."""
    if _WITH_PROVENANCES not in asked.includes:
        return []
    found = provenances_of(desk(), context(), [one.id for one in served])
    return [(f"Provenance/{one.id}", one.raw) for one in found]


def _public(raw: bytes) -> Response:
    return Response(raw, content_type=FHIR_JSON)
