"""DocumentReferences at the clinic's FHIR base: the summaries of sent entries, one document per entry."""

from dataclasses import replace

from flask import Response

from service.access.context import AccessContext
from service.access.policies import fhir
from service.r4 import document_reference
from service.web import fhir_answers, fhir_pages, fhir_search, search_reading
from service.web.doors import Door
from service.web.guards import context, desk
from service.workflow.read_documents import (
    DocumentQuery,
    find_documents,
    read_document,
    read_document_history,
    read_document_version,
    visits_of_documents,
)

door = Door("fhir_documents", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

READ = fhir("DocumentReference", "r")
SEARCH = fhir("DocumentReference", "s")
ENCOUNTERS = fhir("Encounter", "s")
_WITH_ENCOUNTERS = "_include=DocumentReference:encounter"


@door.open("/DocumentReference/<document_id>", READ)
def read(clinic: str, document_id: str) -> Response:
    shown = fhir_pages.part_asked()
    return fhir_answers.read(read_document(desk(), context(), document_id), shown)


@door.open("/DocumentReference/<document_id>/_history/<version>", READ)
def read_past(clinic: str, document_id: str, version: str) -> Response:
    """One version; whole in any case, since a later one may have changed its status (decision 0019)."""
    shown = fhir_pages.part_asked()
    served = read_document_version(desk(), context(), document_id, version)
    return fhir_answers.resource(replace(served, raw=shown(served.raw)))


@door.open("/DocumentReference/<document_id>/_history", READ)
def read_all_versions(clinic: str, document_id: str) -> Response:
    asked = fhir_pages.asked(clinic, f"DocumentReference/{document_id}/_history")
    found = read_document_history(desk(), context(), document_id, fhir_search.history(asked.filters))
    return fhir_pages.past(asked, found)


@door.open("/DocumentReference", SEARCH)
@door.open("/DocumentReference/_search", SEARCH, "POST")
def search(clinic: str) -> Response:
    asked = fhir_pages.asked(clinic, "DocumentReference", (_WITH_ENCOUNTERS,))
    if asked.includes:
        fhir_pages.require(ENCOUNTERS)
    wanted = _wanted(asked.filters, context())
    found = find_documents(desk(), context(), wanted, asked.query, counted=asked.counted)
    visits = visits_of_documents(desk(), context(), found) if asked.includes else ()
    return fhir_pages.answer(
        asked,
        found.served,
        search_reading.place_of(found.ended),
        found.total,
        [(f"Encounter/{one.id}", one.raw) for one in visits],
    )


def _wanted(pairs: fhir_pages.Pairs, asker: AccessContext) -> DocumentQuery:
    """What a search asks of the store.

    UnknownParameter for any parameter or modifier not offered; NotAllowed where another patient is asked for (D-01).
    """
    wanted = search_reading.read(pairs, document_reference.SEARCHED)
    search_reading.refuse_others(asker, wanted)
    return DocumentQuery(
        conditions=wanted.conditions,
        order=wanted.order,
        behind=search_reading.place(wanted.place, len(wanted.order) or 1),
        limit=wanted.limit,
    )
