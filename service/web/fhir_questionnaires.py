"""The versions of a Questionnaire: one under each id, as a published set never changes (rule 4).

Another version of the same set is another file with an id of its own; a search by its url finds them all.
"""

from flask import Response

from service.access.policies import PUBLIC
from service.journal.problems import NotYours
from service.web import fhir_answers, fhir_definitions, fhir_pages, fhir_search
from service.web.doors import Door
from service.web.guards import desk
from service.workflow.find_responses import FoundVersions, Served

door = Door("fhir_questionnaires", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)


@door.open("/Questionnaire/<resource_id>/_history/<version>", PUBLIC)
def read_past(clinic: str, resource_id: str, version: str) -> Response:
    served = _served(clinic, resource_id)
    if version != str(served.version):
        raise NotYours
    return _for_anybody(fhir_answers.read(served, fhir_pages.part_asked()))


@door.open("/Questionnaire/<resource_id>/_history", PUBLIC)
def read_all_versions(clinic: str, resource_id: str) -> Response:
    asked = fhir_pages.asked(clinic, f"Questionnaire/{resource_id}/_history")
    wanted = fhir_search.history(asked.filters)
    served = _served(clinic, resource_id)
    since = wanted.since is None or served.last_updated >= wanted.since
    shown = (served,) if since and (wanted.below is None or served.version < wanted.below) else ()
    return _for_anybody(fhir_pages.past(asked, FoundVersions(shown, int(since), None)))


def _served(clinic: str, resource_id: str) -> Served:
    offered = fhir_definitions.at(desk().clinic(clinic), "Questionnaire")
    found = next((one for one in offered if one.id == resource_id), None)
    if found is None:
        raise NotYours
    return fhir_definitions.as_served(found)


def _for_anybody(response: Response) -> Response:
    """What is published is nobody's alone, and caches may keep it."""
    del response.headers["Cache-Control"]
    return response
