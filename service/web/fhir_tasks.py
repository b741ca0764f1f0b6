"""Tasks at the clinic's FHIR base: which sets were assigned, for apps that remind and for lists of what is open."""

from flask import Response

from service.access.policies import fhir
from service.web import fhir_answers, fhir_pages, fhir_search, search_values
from service.web.doors import Door
from service.web.guards import context, desk
from service.workflow.read_assigned import find_tasks, read_task

door = Door("fhir_tasks", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

READ = fhir("Task", "r")
SEARCH = fhir("Task", "s")


@door.open("/Task/<task_id>", READ)
def read(clinic: str, task_id: str) -> Response:
    shown = fhir_pages.part_asked()
    return fhir_answers.read(read_task(desk(), context(), task_id), shown)


@door.open("/Task", SEARCH)
@door.open("/Task/_search", SEARCH, "POST")
def search(clinic: str) -> Response:
    asked = fhir_pages.asked(clinic, "Task")
    wanted = fhir_search.tasks(asked.filters, context())
    found = find_tasks(desk(), context(), wanted, asked.query, counted=asked.counted)
    return fhir_pages.answer(asked, found.served, search_values.place_of(found.next_after), found.total)
