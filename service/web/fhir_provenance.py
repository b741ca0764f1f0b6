"""Provenances at the clinic's FHIR base: how each sent version of a response came to be."""

from flask import Response

from service.access.policies import fhir
from service.web import fhir_answers, fhir_pages, fhir_search, search_reading
from service.web.doors import Door
from service.web.guards import context, desk
from service.workflow.read_provenance import find_provenances, read_provenance

door = Door("fhir_provenance", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

READ = fhir("Provenance", "r")
SEARCH = fhir("Provenance", "s")


@door.open("/Provenance/<provenance_id>", READ)
def read(clinic: str, provenance_id: str) -> Response:
    shown = fhir_pages.part_asked()
    return fhir_answers.read(read_provenance(desk(), context(), provenance_id), shown)


@door.open("/Provenance", SEARCH)
@door.open("/Provenance/_search", SEARCH, "POST")
def search(clinic: str) -> Response:
    asked = fhir_pages.asked(clinic, "Provenance")
    wanted = fhir_search.provenances(asked.filters, context())
    found = find_provenances(desk(), context(), wanted, asked.query, counted=asked.counted)
    return fhir_pages.answer(asked, found.served, search_reading.place_of(found.ended), found.total)
