"""A QuestionnaireResponse is put in the place of the one that is kept: only of the version that the client has read."""

import re

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

from service.access.context import Role
from service.access.policies import fhir
from service.journal.problems import ChangedElsewhere, Fault, NotAllowed, NotYours, Unusable
from service.web import fhir_answers, fhir_creates
from service.web.doors import Door
from service.web.guards import context, desk, remember_refusal
from service.web.reading import read_json
from service.workflow.find_responses import Served
from service.workflow.revise_response import revise_response

door = Door("fhir_updates", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

UPDATE = fhir("QuestionnaireResponse", "u")
_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_TAG = re.compile(r'"([^"]*)"')


class VersionNeeded(Unusable):
    """The version that is changed has to be named in If-Match."""


@door.open("/QuestionnaireResponse/<response_id>", UPDATE, "PUT")
def update(clinic: str, response_id: str) -> Response:
    """The response as it is kept now. 405 where there is none to be changed: nothing is made here by its id (I-31)."""
    if context().role is not Role.PATIENT:
        raise NotAllowed  # as for a create: the patient's words come from the patient alone (W-06)
    fhir_answers.take_json()
    meant = _meant()
    raw, value = read_json(request)
    try:
        served = revise_response(desk(), context(), response_id, meant, raw, value)
    except NotYours as absent:
        remember_refusal(absent)
        raise MethodNotAllowed(valid_methods=["GET", "HEAD", "OPTIONS"]) from None
    return fhir_creates.answer(desk().clinic(clinic).base, served, 200)


class _Meant:
    """Whether what is kept is at one of the versions that If-Match names, and at none that If-None-Match does."""

    def __init__(self, tags: frozenset[str], others: frozenset[str]) -> None:
        self._tags = tags
        self._others = others

    def __call__(self, served: Served) -> bool:
        return served.version_id in self._tags and served.version_id not in self._others


def _meant() -> _Meant:
    """What the conditions ask for; VersionNeeded without If-Match, which any version ("*") would be like (I-33)."""
    wanted = request.headers.get("If-Match")
    if wanted is None:
        raise VersionNeeded(Fault("required", VersionNeeded().sentence))
    others = request.headers.get("If-None-Match")
    if others is not None and others.strip() == "*":
        raise ChangedElsewhere
    return _Meant(_tags(wanted), _tags(others) if others is not None else frozenset())


def _tags(header: str) -> frozenset[str]:
    """The versions in a list of entity tags, strong or weak alike."""
    if not _TAGS.fullmatch(header):
        raise VersionNeeded(Fault("value", 'A version is named like W/"3".'))
    return frozenset(_TAG.findall(header))
