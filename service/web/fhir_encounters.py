"""Encounters at the clinic's FHIR base: the visits that responses and Tasks are linked to, as they were last seen."""

import hashlib

from flask import Response, request

from service.access.context import AccessContext
from service.access.policies import fhir
from service.journal.problems import Fault
from service.web import fhir_answers, fhir_pages
from service.web.doors import Door
from service.web.guards import context, desk
from service.web.problems import FHIR_JSON
from service.web.search_values import (
    BadValue,
    Reader,
    count_or_none,
    ids,
    ignored,
    references,
    refuse_others,
)
from service.web.search_values import (
    read as read_values,
)
from service.workflow.read_encounters import EncounterQuery, find_encounters, read_encounter

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
    found = find_encounters(
        desk(), context(), _wanted(asked.filters, context()), asked.query, counted=asked.counted
    )
    place = " ".join(found.next_after) if found.next_after else None
    return fhir_pages.answer(asked, found.served, place, found.total)


def _wanted(pairs: fhir_pages.Pairs, who: AccessContext) -> EncounterQuery:
    wanted = EncounterQuery(**read_values(pairs, ENCOUNTERS))  # type: ignore[arg-type]  # each reader says its field
    refuse_others(who, wanted.patient_ids)
    return wanted


def _after(value: str) -> dict[str, object]:
    patient_id, _, encounter_id = value.partition(" ")
    if not encounter_id:
        raise BadValue(Fault("value", "This page link is not whole."))
    return {"after": (patient_id, encounter_id)}


ENCOUNTERS: dict[str, Reader] = {
    "_id": ids,
    "patient": references("patient_ids", "Patient"),
    "subject": references("patient_ids", "Patient"),
    "_count": count_or_none,
    "after": _after,
    "_format": ignored,
}
