"""The prompt sets of the series as one Bundle, for software that takes all of them at once."""

import hashlib

from flask import Response, request

from service.access.policies import PUBLIC
from service.journal.problems import NotYours
from service.r4 import bundle
from service.web import fhir_answers, fhir_definitions
from service.web.doors import Door
from service.web.fhir_definitions import Published
from service.web.guards import desk
from service.web.problems import FHIR_JSON
from service.workflow.desk import ClinicDesk

door = Door("fhir_bundles", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

PROMPT_SETS = "prompt-sets"


@door.open("/Bundle/<bundle_id>", PUBLIC)
def read(clinic: str, bundle_id: str) -> Response:
    """The newest open set of each infusion of the series, in its order; there is no other Bundle to be read."""
    home = desk().clinic(clinic)
    if bundle_id != PROMPT_SETS:
        raise NotYours
    entries = [(f"Questionnaire/{one.id}", one.raw) for one in _series(home)]
    raw = bundle.collection(home.base, PROMPT_SETS, entries)
    response = Response(raw, content_type=FHIR_JSON)
    response.set_etag(hashlib.sha256(raw).hexdigest())
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns the response it was given


def _series(home: ClinicDesk) -> list[Published]:
    ordinals = sorted({one.ordinal for one in home.library.sets if one.ordinal is not None})
    newest = [found.canonical for ordinal in ordinals if (found := home.library.for_ordinal(ordinal))]
    by_canonical = {one.canonical: one for one in fhir_definitions.at(home, "Questionnaire")}
    return [by_canonical[one] for one in newest]
