"""The clinic's export base, for backend clients registered with us: discovery, tokens, AuditEvents (SMART B-05).

It stands beside the clinic's FHIR base because one discovery document names one token endpoint: there the record
system gives tokens, here we do. No token passes at both.
"""

import json

from flask import Response, request

from service.access.policies import PUBLIC, Policy
from service.journal.problems import ForNow, NotYours, Unusable
from service.smart.own_tokens import RequestUnclear, TokenNotGiven
from service.web import fhir_answers, fhir_audit_events
from service.web.doors import Door
from service.web.guards import desk, origin, wiring
from service.web.problems import FHIR_JSON
from service.web.reading import read_form
from service.workflow.issue_token import ExportBase, issue_token, refuse_token
from service.workflow.tell_about_export import export_configuration, export_statement

NAME = "export_base"
door = Door(NAME, url_prefix="/<clinic>/export")

# Nobody has a token yet: the client's assertion proves who comes.
CLIENT_ASSERTION = Policy("client-assertion", public=True)
_FORM_BYTES = 32 * 1024
_ALWAYS_JSON = (f"{NAME}.discovery", f"{NAME}.token")


@door.before_request
def speak_json() -> None:
    """Refuse another format; discovery and tokens are JSON in any case (SMART B-01)."""
    if request.endpoint not in _ALWAYS_JSON:
        fhir_answers.speak_json()


@door.open("/fhir/metadata", PUBLIC)
def metadata(clinic: str) -> Response:
    return Response(export_statement(_export(clinic)), content_type=FHIR_JSON)


@door.open("/fhir/.well-known/smart-configuration", PUBLIC)
def discovery(clinic: str) -> Response:
    return Response(export_configuration(_export(clinic)), content_type="application/json")


@door.open("/token", CLIENT_ASSERTION, "POST")
def token(clinic: str) -> Response:
    export = _export(clinic)
    try:
        form = _form(export)
        given = issue_token(desk(), export, form, origin(), other_proof="Authorization" in request.headers)
    except TokenNotGiven as refusal:
        return _told({"error": refusal.error}, refusal.status)
    except ForNow:
        response = _told({"error": "temporarily_unavailable"}, 503)
        response.headers["Retry-After"] = "5"
        return response
    said = {"access_token": given.token, "token_type": "Bearer", "expires_in": given.seconds}
    return _told(said | {"scope": given.scope}, 200)


@door.open("/fhir/AuditEvent/<event_id>", fhir_audit_events.READ)
def read(clinic: str, event_id: str) -> Response:
    return fhir_audit_events.answer_read(event_id, _export(clinic).base)


@door.open("/fhir/AuditEvent", fhir_audit_events.SEARCH)
@door.open("/fhir/AuditEvent/_search", fhir_audit_events.SEARCH, "POST")
def search(clinic: str) -> Response:
    return fhir_audit_events.answer_search(clinic, _export(clinic).base)


def _export(clinic: str) -> ExportBase:
    found = wiring().exports.get(clinic)
    if found is None:
        raise NotYours
    return found


def _form(export: ExportBase) -> dict[str, str]:
    try:
        return read_form(request, _FORM_BYTES)
    except Unusable as problem:
        refusal = RequestUnclear("form")
        refuse_token(desk(), export, refusal, origin())
        raise refusal from problem


def _told(value: dict[str, object], status: int) -> Response:
    """An answer of the token endpoint, which nothing on the way may keep (RFC 6749 section 5.1; SMART C-21)."""
    response = Response(json.dumps(value), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
