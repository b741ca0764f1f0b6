"""Provenances at the clinic's FHIR base: how each sent version of a response came to be."""

from flask import Response, request

from service.access.policies import fhir
from service.web import fhir_answers, fhir_search, search_values
from service.web.doors import Door
from service.web.guards import context, desk
from service.web.reading import read_form
from service.workflow.read_provenance import find_provenances, read_provenance

door = Door("fhir_provenance", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

READ = fhir("Provenance", "r")
SEARCH = fhir("Provenance", "s")


@door.open("/Provenance/<provenance_id>", READ)
def read(clinic: str, provenance_id: str) -> Response:
    return fhir_answers.unless_known(fhir_answers.resource(read_provenance(desk(), context(), provenance_id)))


@door.open("/Provenance", SEARCH)
def search(clinic: str) -> Response:
    return _searched(clinic, list(request.args.items(multi=True)))


@door.open("/Provenance/_search", SEARCH, "POST")
def search_by_form(clinic: str) -> Response:
    return _searched(clinic, [*request.args.items(multi=True), *read_form(request).items()])


def _searched(clinic: str, pairs: list[tuple[str, str]]) -> Response:
    base, query = desk().clinic(clinic).base, search_values.as_query(pairs)
    found = find_provenances(desk(), context(), fhir_search.provenances(pairs, context(), base), query)
    following = search_values.next_url(f"{base}/Provenance", pairs, found.next_after)
    return fhir_answers.matches(base, "Provenance", query, found.served, following)
