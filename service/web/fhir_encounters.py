"""Encounters at the clinic's FHIR base: the visits that responses and Tasks are linked to, as they were last seen."""

import hashlib

from flask import Response, request

from service.access.policies import fhir
from service.web import fhir_answers, fhir_pages, fhir_search, search_reading
from service.web.doors import Door
from service.web.guards import context, desk
from service.web.problems import FHIR_JSON
from service.workflow.read_encounters import find_encounters, read_encounter

door = Door("fhir_encounters", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

READ = fhir("Encounter", "r")
SEARCH = fhir("Encounter", "s")


@door.open("/Encounter/<encounter_id>", READ)
def read(clinic: str, encounter_id: str) -> Response:
    shown = fhir_pages.part_asked()
    served = read_encounter(desk(), context(), encounter_id)
    response = fhir_answers.private(Response(shown(served.raw), content_type=FHIR_JSON))
    response.set_etag(hashlib.sha256(served.raw).hexdigest(), weak=True)
    response.last_modified = served.last_updated
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns the response it was given


@door.open("/Encounter", SEARCH)
@door.open("/Encounter/_search", SEARCH, "POST")
def search(clinic: str) -> Response:
    asked = fhir_pages.asked(clinic, "Encounter")
    wanted = fhir_search.encounters(asked.filters, context())
    found = find_encounters(desk(), context(), wanted, asked.query, counted=asked.counted)
    return fhir_pages.answer(asked, found.served, search_reading.place_of(found.ended), found.total)
