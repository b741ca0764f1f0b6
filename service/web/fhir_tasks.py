"""Tasks at the clinic's FHIR base: which sets were assigned, for apps that remind and for lists of what is open."""

from flask import Response, request

from service.access.policies import fhir
from service.web import fhir_answers, fhir_search, search_values
from service.web.doors import Door
from service.web.guards import context, desk
from service.web.reading import read_form
from service.workflow.read_assigned import find_tasks, read_task

door = Door("fhir_tasks", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

READ = fhir("Task", "r")
SEARCH = fhir("Task", "s")


@door.open("/Task/<task_id>", READ)
def read(clinic: str, task_id: str) -> Response:
    return fhir_answers.unless_known(fhir_answers.resource(read_task(desk(), context(), task_id)))


@door.open("/Task", SEARCH)
def search(clinic: str) -> Response:
    return _searched(clinic, list(request.args.items(multi=True)))


@door.open("/Task/_search", SEARCH, "POST")
def search_by_form(clinic: str) -> Response:
    return _searched(clinic, [*request.args.items(multi=True), *read_form(request).items()])


def _searched(clinic: str, pairs: list[tuple[str, str]]) -> Response:
    base, query = desk().clinic(clinic).base, search_values.as_query(pairs)
    found = find_tasks(desk(), context(), fhir_search.tasks(pairs, context()), query)
    following = search_values.next_url(f"{base}/Task", pairs, found.next_after)
    return fhir_answers.matches(base, "Task", query, found.served, following)
