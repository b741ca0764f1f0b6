"""Tasks at the clinic's FHIR base: which sets were assigned, for apps that remind and for lists of what is open."""

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

from service.access.context import Role
from service.access.policies import fhir
from service.journal.problems import Fault, NotAllowed, NotYours, Unusable
from service.web import fhir_answers, fhir_pages, fhir_search, search_reading
from service.web.doors import Door
from service.web.guards import context, desk, remember_refusal
from service.web.reading import NotReadable, read_json
from service.workflow.decline_set import decline_set
from service.workflow.read_assigned import find_tasks, read_task, read_task_history, read_task_version

door = Door("fhir_tasks", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

READ = fhir("Task", "r")
SEARCH = fhir("Task", "s")
UPDATE = fhir("Task", "u")
ENCOUNTERS = fhir("Encounter", "s")
_WITH_ENCOUNTERS = "_include=Task:encounter"


class VersionNeeded(Unusable):
    """The version that is changed has to be named in If-Match."""


@door.open("/Task/<task_id>", READ)
def read(clinic: str, task_id: str) -> Response:
    shown = fhir_pages.part_asked()
    return fhir_answers.read(read_task(desk(), context(), task_id), shown)


@door.open("/Task/<task_id>", UPDATE, "PUT")
def update(clinic: str, task_id: str) -> Response:
    """ "Not today", said by the patient's own app (T-03). 405 where there is none: nothing is made by its id (I-31)."""
    if context().role is not Role.PATIENT:
        raise NotAllowed
    fhir_answers.take_json()
    if not request.if_match:
        raise VersionNeeded(Fault("required", VersionNeeded().sentence))
    _, value = read_json(request)
    if (value.get("resourceType"), value.get("id")) != ("Task", task_id):
        raise NotReadable(Fault("value", "The Task in the body is not the one in the address."))
    try:
        served = decline_set(desk(), context(), task_id, _meant, value)
    except NotYours as absent:
        remember_refusal(absent)
        raise MethodNotAllowed(valid_methods=["GET", "HEAD", "OPTIONS"]) from None
    return fhir_answers.resource(served)


def _meant(version: int) -> bool:
    return request.if_match.contains_weak(str(version))


@door.open("/Task/<task_id>/_history/<version>", READ)
def read_past(clinic: str, task_id: str, version: str) -> Response:
    shown = fhir_pages.part_asked()
    return fhir_answers.read(read_task_version(desk(), context(), task_id, version), shown)


@door.open("/Task/<task_id>/_history", READ)
def read_all_versions(clinic: str, task_id: str) -> Response:
    asked = fhir_pages.asked(clinic, f"Task/{task_id}/_history")
    found = read_task_history(desk(), context(), task_id, fhir_search.history(asked.filters))
    return fhir_pages.past(asked, found)


@door.open("/Task", SEARCH)
@door.open("/Task/_search", SEARCH, "POST")
def search(clinic: str) -> Response:
    asked = fhir_pages.asked(clinic, "Task", (_WITH_ENCOUNTERS,))
    if asked.includes:
        fhir_pages.require(ENCOUNTERS)
    wanted = fhir_search.tasks(asked.filters, context())
    found = find_tasks(desk(), context(), wanted, asked.query, counted=asked.counted)
    included = fhir_pages.visits_of(found.served) if asked.includes else ()
    return fhir_pages.answer(asked, found.served, search_reading.place_of(found.ended), found.total, included)
