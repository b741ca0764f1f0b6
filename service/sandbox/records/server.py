"""The FHIR server as a Flask blueprint: which address leads to which door, and what is true of every answer.

It stands apart from the doors so that the addresses can be read as a list, and so that no answer leaves without
its OperationOutcome and its headers.
"""

from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Callable

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import HTTPException

from service.sandbox.grant import Grant
from service.sandbox.imitations import NONE, Imitation
from service.sandbox.records.doors import Doors, answer_refusal
from service.sandbox.records.habits import Habits
from service.sandbox.records.kinds import KINDS
from service.sandbox.records.refusals import Refused
from service.sandbox.records.store import Records
from service.sandbox.records.subscriptions import Subscriptions

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_logger = logging.getLogger(__name__)
_Door = Callable[[], Response]
_CODES = {404: "not-found", 405: "not-supported", 408: "timeout", 413: "too-long", 429: "throttled"}


def create_records_blueprint(
    records: Records,
    base_url: str,
    grant_of: Callable[[Request], Grant | None],
    filing: Callable[[], bool],
    imitation: Imitation = NONE,
) -> Blueprint:
    """The FHIR server over these records, under `/fhir`.

    `base_url` is the FHIR base itself (such as `http://localhost:9000/fhir`), as clients and tokens name it.
    `grant_of` gives the grant of a request's valid token, or None; `filing` False makes new DocumentReferences
    and Binaries answer 503. `imitation` is the kind of record system whose habits it has.
    """
    blueprint = Blueprint("records", __name__, url_prefix="/fhir")
    habits = Habits(records, imitation)
    doors = Doors(records, Subscriptions(records), base_url.rstrip("/"), grant_of, filing, habits)
    _route_server(blueprint, doors)
    _route_types(blueprint, doors)
    _route_instances(blueprint, doors)
    _answer_errors(blueprint)
    blueprint.after_request(_with_headers)
    return blueprint


def _route_server(blueprint: Blueprint, doors: Doors) -> None:
    @blueprint.route("/metadata", methods=METHODS, provide_automatic_options=False)
    def metadata() -> Response:
        return _open({"GET": lambda: doors.metadata(request)})

    @blueprint.route("", methods=METHODS, provide_automatic_options=False)
    @blueprint.route("/", methods=METHODS, provide_automatic_options=False)
    def base() -> Response:
        doors.check_grant(request)
        raise Refused(
            400, "not-supported", "Batches, transactions and searches over all types are not offered."
        )

    @blueprint.route("/<path:_rest>", methods=METHODS, provide_automatic_options=False)
    def elsewhere(_rest: str) -> Response:
        doors.check_grant(request)
        raise Refused(404, "not-found", "There is nothing at this address.")


def _route_types(blueprint: Blueprint, doors: Doors) -> None:
    @blueprint.route("/<type_>", methods=METHODS, provide_automatic_options=False)
    def of_type(type_: str) -> Response:
        offered = _offered(doors, type_)
        return _open(
            {
                **_if("search-type" in offered, "GET", lambda: doors.search(request, type_)),
                **_if("create" in offered, "POST", lambda: doors.create(request, type_)),
            }
        )

    @blueprint.route("/<type_>/_search", methods=METHODS, provide_automatic_options=False)
    def search_by_form(type_: str) -> Response:
        offered = _offered(doors, type_)
        return _open(_if("search-type" in offered, "POST", lambda: doors.search(request, type_)))


def _route_instances(blueprint: Blueprint, doors: Doors) -> None:
    @blueprint.route("/<type_>/<id_>", methods=METHODS, provide_automatic_options=False)
    def of_instance(type_: str, id_: str) -> Response:
        offered = _offered(doors, type_)
        return _open(
            {
                **_if("read" in offered, "GET", lambda: doors.read(request, type_, id_)),
                **_if("update" in offered, "PUT", lambda: doors.update(request, type_, id_)),
            }
        )

    @blueprint.route("/<type_>/<id_>/$status", methods=METHODS, provide_automatic_options=False)
    def status_of_instance(type_: str, id_: str) -> Response:
        _offered(doors, type_)
        if not KINDS[type_].owned:
            raise Refused(404, "not-supported", "This operation is not offered on this type.")
        return _open({"GET": lambda: doors.status(request, type_, id_)})

    @blueprint.route("/<type_>/<id_>/_history", methods=METHODS, provide_automatic_options=False)
    def of_versions(type_: str, id_: str) -> Response:
        offered = _offered(doors, type_)
        return _open(_if("history-instance" in offered, "GET", lambda: doors.history(request, type_, id_)))

    @blueprint.route("/<type_>/<id_>/_history/<version>", methods=METHODS, provide_automatic_options=False)
    def of_version(type_: str, id_: str, version: str) -> Response:
        offered = _offered(doors, type_)
        return _open(_if("vread" in offered, "GET", lambda: doors.vread(request, type_, id_, version)))


def _offered(doors: Doors, type_: str) -> tuple[str, ...]:
    doors.check_grant(request)
    if type_ not in KINDS:
        raise Refused(404, "not-supported", "This resource type is not kept here.")
    return doors.habits.interactions(type_)


def _if(offered: bool, method: str, door: _Door) -> dict[str, _Door]:
    return {method: door} if offered else {}


def _open(by_method: dict[str, _Door]) -> Response:
    """Go through the door for the request's method; what has none is 405 with the methods that do."""
    method = "GET" if request.method == "HEAD" else request.method
    if method not in by_method:
        allowed = [*by_method, *(["HEAD"] if "GET" in by_method else [])]
        raise Refused(
            405, "not-supported", "This interaction is not offered.", headers={"Allow": ", ".join(allowed)}
        )
    return by_method[method]()


def _answer_errors(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(Refused, answer_refusal)
    blueprint.register_error_handler(HTTPException, _refused_by_http)
    blueprint.register_error_handler(sqlite3.OperationalError, _busy)
    blueprint.register_error_handler(Exception, _unexpected)


def _refused_by_http(error: HTTPException) -> Response:
    status = error.code or 500
    return answer_refusal(Refused(status, _CODES.get(status, "processing"), error.name))


def _busy(_error: sqlite3.OperationalError) -> Response:
    return answer_refusal(Refused(503, "transient", "The record system can't write at the moment."))


def _unexpected(error: Exception) -> Response:
    # The place, not the text: an exception may quote what a patient wrote.
    place = traceback.extract_tb(error.__traceback__)[-1]
    _logger.error("unexpected %s at %s:%s", type(error).__name__, place.filename, place.lineno)
    return answer_refusal(Refused(500, "exception", "Something went wrong here."))


def _with_headers(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
