"""The interactions of the FHIR server, one method each: who asks, how far the grant reaches, what the store says.

They stand apart from the routing and the error shapes (`server`), which hold for all of them alike.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

import flask
from flask import Request, Response

from service.sandbox.grant import Grant, Letter
from service.sandbox.records import bundles, reach
from service.sandbox.records.bodies import (
    answer_type,
    is_fhir_json,
    prefers,
    sent_binary,
    sent_resource,
    wants_resource,
)
from service.sandbox.records.capability import capability_statement
from service.sandbox.records.habits import Habits
from service.sandbox.records.instants import span_of_text
from service.sandbox.records.kinds import KINDS
from service.sandbox.records.notification import status_parameters
from service.sandbox.records.parameters import parameters_of
from service.sandbox.records.paths import relative
from service.sandbox.records.refusals import Refused, Resource, operation_outcome
from service.sandbox.records.store import Records, Written
from service.sandbox.records.subscriptions import Subscriptions
from service.sandbox.records.versions import entity_tag, is_named, page_tag

FILED = ("DocumentReference", "Binary")
_NO_SUCH = (404, "not-found", "There is no such resource here.")


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors of one record system. `base_url` is the FHIR base; `filing` says whether documents are taken now.

    `habits` are those of the record system that is imitated.
    """

    records: Records
    subscriptions: Subscriptions
    base_url: str
    grant_of: Callable[[Request], Grant | None]
    filing: Callable[[], bool]
    habits: Habits

    def metadata(self, request: Request) -> Response:
        """The CapabilityStatement; needs no token."""
        return _in_json(capability_statement(self.base_url, self.habits), answer_type(request))

    def read(self, request: Request, type_: str, id_: str) -> Response:
        """The current version of a resource; a Binary as its bytes unless the resource is asked for."""
        resource = self._readable(request, type_, id_)
        return self._shown(request, type_, resource)

    def vread(self, request: Request, type_: str, id_: str, version: str) -> Response:
        """One version of a resource."""
        self._readable(request, type_, id_)
        return self._shown(request, type_, self.records.vread(type_, id_, version))

    def history(self, request: Request, type_: str, id_: str) -> Response:
        """All versions of a resource, newest first; `_count` and `_since` shorten the list."""
        self._readable(request, type_, id_)
        media_type = answer_type(request)
        versions = self.records.history(type_, id_)
        shown = _since_and_count(versions, request)
        return _in_json(bundles.history(self.base_url, shown, len(versions)), media_type)

    def status(self, request: Request, type_: str, id_: str) -> Response:
        """`$status` of a Subscription: its standing and how many events it has had (backport guide)."""
        subscription = self._readable(request, type_, id_)
        media_type = answer_type(request)
        status = status_parameters(subscription, "query-status", self.subscriptions.events(id_))
        return _in_json(bundles.one_answer(status), media_type)

    def search(self, request: Request, type_: str) -> Response:
        """A search by URL, by form, or both (R4 http, search).

        A page asked for by GET has a weak ETag over all that it holds, and If-None-Match is answered with 304. R4
        leaves open whether searches are cached; here it spares a client that asks again and again the same page.
        """
        patient = self._compartment(request, type_, "s")
        media_type = answer_type(request)
        params = self.habits.asked(type_, self._asked(request, type_))
        reach.check_may_ask(params, patient)
        within = patient if KINDS[type_].about_a_patient or KINDS[type_].owned else None
        found = self.records.search(type_, params, within, self.habits.unfound(type_))
        bundle = bundles.searchset(self.base_url, type_, params, found)
        if request.method == "POST":
            # RFC 9110 13.1.2: for other methods than GET and HEAD If-None-Match would mean a refusal.
            return _in_json(bundle, media_type)
        headers = {"ETag": page_tag(bundle)}
        if is_named(headers["ETag"], request.headers.get("If-None-Match", "")):
            return Response(status=304, headers=headers)
        return _in_json(bundle, media_type, headers=headers)

    def create(self, request: Request, type_: str) -> Response:
        """A new resource, or the one that If-None-Exist names."""
        patient = self._compartment(request, type_, "c")
        media_type = answer_type(request)
        self._check_filing(type_)
        self.habits.check_pace(type_)
        resource = self.habits.taken(self._sent(request, type_))
        reach.check_may_write(type_, resource, patient, self.records)
        written = self._create(type_, resource, request.headers.get("If-None-Exist"), patient)
        return self._written(request, written.resource, self.habits.status_of(written), media_type)

    def update(self, request: Request, type_: str, id_: str) -> Response:
        """A new version of a resource that is here."""
        patient = self._compartment(request, type_, "u")
        media_type = answer_type(request)
        resource = self._sent(request, type_)
        self._check_may_update(type_, id_, resource, patient)
        if_match = request.headers.get("If-Match")
        if KINDS[type_].owned:
            written = self.subscriptions.update(id_, resource, if_match)
        else:
            written = self._update(type_, id_, resource, if_match)
        return self._written(request, written.resource, 201 if written.created else 200, media_type)

    def check_grant(self, request: Request) -> Grant:
        """The grant of the request's token; 401 without a valid one (RFC 6750 section 3)."""
        grant = self.grant_of(request)
        if grant is None:
            sent = "Authorization" in request.headers
            header = 'Bearer error="invalid_token"' if sent else "Bearer"
            raise Refused(
                401, "login", "A valid access token is needed.", headers={"WWW-Authenticate": header}
            )
        return grant

    def _create(
        self, type_: str, resource: Resource, if_none_exist: str | None, patient: str | None
    ) -> Written:
        if KINDS[type_].owned and patient is not None:
            return self.subscriptions.create(resource, if_none_exist, patient)
        return self.habits.create(resource, if_none_exist, patient)

    def _update(self, type_: str, id_: str, resource: Resource, if_match: str | None) -> Written:
        self.habits.check_update(type_, if_match)
        may_create = self.habits.put_creates(type_)
        try:
            return self.records.update(
                type_, id_, self.habits.taken(resource), if_match, may_create=may_create
            )
        except Refused as refused:
            raise self.habits.on_stale(type_, refused) from refused

    def _compartment(self, request: Request, type_: str, letter: Letter) -> str | None:
        return reach.compartment(self.check_grant(request), type_, letter, self.records)

    def _readable(self, request: Request, type_: str, id_: str) -> Resource:
        patient = self._compartment(request, type_, "r")
        resource = self.records.read(type_, id_)
        is_hidden = self.habits.is_hidden(type_, id_)
        if is_hidden or not reach.is_within(type_, resource, patient, self.records):
            # The same words as for an id that does not exist: nobody learns who is a patient here.
            raise Refused(*_NO_SUCH)
        return resource

    def _shown(self, request: Request, type_: str, resource: Resource) -> Response:
        raw = type_ == "Binary" and not wants_resource(request, resource["contentType"])
        media_type = None if raw else answer_type(request)
        if is_named(entity_tag(resource), request.headers.get("If-None-Match", "")):
            return Response(status=304, headers=_version_headers(resource))
        if media_type is None:
            return _as_bytes(resource)
        return _in_json(resource, media_type, headers=_version_headers(resource))

    def _asked(self, request: Request, type_: str) -> list[tuple[str, str]]:
        given = [*request.args.items(multi=True)]
        if request.method == "POST":
            if request.mimetype != "application/x-www-form-urlencoded":
                raise Refused(415, "not-supported", "A search by POST is sent as a form.")
            given += request.form.items(multi=True)
        return [
            (name, self._relative(type_, name, text)) for one in given for name, text in _search_words(*one)
        ]

    def _relative(self, type_: str, name: str, text: str) -> str:
        parameter = parameters_of(type_).get(name.partition(":")[0])
        is_reference = parameter is not None and parameter.sort == "reference"
        return text.replace(f"{self.base_url}/", "") if is_reference else text

    def _sent(self, request: Request, type_: str) -> Resource:
        raw = type_ == "Binary" and request.method == "POST" and not is_fhir_json(request)
        resource: Resource = relative(sent_binary(request) if raw else sent_resource(request), self.base_url)
        if resource.get("resourceType") != type_:
            raise Refused(400, "invariant", "The resource type of the body must be that of the URL.")
        return resource

    def _check_filing(self, type_: str) -> None:
        if type_ in FILED and not self.filing():
            raise Refused(503, "transient", "Documents can't be taken at the moment.")

    def _check_may_update(self, type_: str, id_: str, resource: Resource, patient: str | None) -> None:
        if patient is None:
            return
        reach.check_may_write(type_, resource, patient, self.records)
        try:
            current = self.records.read(type_, id_)
        except Refused:
            # The store refuses an unknown id in its own words.
            return
        if not reach.is_within(type_, current, patient, self.records):
            raise Refused(405, "not-supported", "A resource can't be created by an update here.")

    def _written(self, request: Request, resource: Resource, status: int, media_type: str) -> Response:
        type_ = resource["resourceType"]
        headers = self._place(resource)
        wish = prefers(request)
        if wish == "minimal" or not self.habits.tells_body(type_, request.headers.get("Prefer", "")):
            return Response(status=status, headers=headers)
        outcome = operation_outcome("information", "informational", "The resource was kept.")
        return _in_json(outcome if wish == "OperationOutcome" else resource, media_type, status, headers)

    def _place(self, resource: Resource) -> dict[str, str]:
        place = f"{self.base_url}/{resource['resourceType']}/{resource['id']}"
        if not self.habits.tells_versions(resource["resourceType"]):
            return {"Location": place}
        version = resource["meta"]["versionId"]
        return {**_version_headers(resource), "Location": f"{place}/_history/{version}"}


def answer_refusal(refused: Refused) -> Response:
    """The OperationOutcome for a refusal, whatever the client said it takes."""
    return _in_json(refused.outcome(), "application/fhir+json", refused.status, refused.headers)


def _in_json(
    body: Resource, media_type: str, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return flask.Response(text, status, headers, content_type=f"{media_type}; charset=utf-8")


def _as_bytes(binary: Resource) -> Response:
    # Strange content shown by this origin would run in it: as a download, and with nothing allowed (B-05).
    headers = {
        **_version_headers(binary),
        "Content-Disposition": "attachment",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(base64.b64decode(binary["data"]), headers=headers, content_type=binary["contentType"])


def _version_headers(resource: Resource) -> dict[str, str]:
    updated = datetime.fromisoformat(resource["meta"]["lastUpdated"])
    return {"ETag": entity_tag(resource), "Last-Modified": format_datetime(updated, usegmt=True)}


def _search_words(name: str, text: str) -> list[tuple[str, str]]:
    """What a parameter means to the store; those that only shape the answer are dealt with here."""
    if name in ("_format", "_pretty"):
        return []
    if name == "_total":
        # The total is always counted; a client that asks for none gets more than it asked for.
        return []
    if name == "_summary" and text in ("count", "false"):
        return [("_count", "0")] if text == "count" else []
    return [(name, text)]


def _since_and_count(versions: list[Resource], request: Request) -> list[Resource]:
    unknown = set(request.args) - {"_count", "_since", "_format", "_pretty"}
    if unknown:
        raise Refused(400, "not-supported", "A history takes _count and _since.")
    since, count = request.args.get("_since"), request.args.get("_count")
    if count is not None and not re.fullmatch(r"\d{1,9}", count, re.ASCII):
        raise Refused(400, "value", "_count is a whole number.")
    if since is not None:
        earliest = _instant(since)
        versions = [one for one in versions if _instant(one["meta"]["lastUpdated"]) >= earliest]
    return versions if count is None else versions[: int(count)]


def _instant(text: str) -> int:
    try:
        return span_of_text(text)[0]
    except ValueError as no_date:
        raise Refused(400, "value", "_since is an instant.") from no_date
