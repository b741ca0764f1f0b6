"""A batch at the clinic's FHIR base: each entry goes through the whole application, as if it had come alone (I-90).

So each has its own policy, scope, audit record and refusal (I-93, threat T6); the batch itself opens nothing.
"""

import re
from http import HTTPStatus
from io import BytesIO

from flask import Response, current_app, g, request
from werkzeug.http import http_date

from service.access.policies import Policy, fhir
from service.journal.problems import Fault
from service.r4 import batch, operation_outcome
from service.web import fhir_answers
from service.web.doors import Door
from service.web.guards import desk
from service.web.problems import FHIR_JSON
from service.web.reading import read_json

door = Door("fhir_batch", url_prefix="/<clinic>/fhir")
door.before_request(fhir_answers.speak_json)

# A good token and no scope: what each entry needs is asked of each.
BATCH = Policy("fhir-batch", fhir("QuestionnaireResponse", "r").roles)
# What may be created and read before what is put, and looked at last (R4 http, transaction processing rules).
_ORDER = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
_ID = r"[A-Za-z0-9\-.]{1,64}"
_PLACES = {
    "POST": re.compile(r"[A-Z][A-Za-z]{1,63}"),
    "GET": re.compile(rf"metadata|[A-Z][A-Za-z]{{1,63}}(/{_ID}(/_history(/{_ID})?)?)?"),
}
_ONE = re.compile(rf"[A-Z][A-Za-z]{{1,63}}/{_ID}")
_QUERY = re.compile(r"[!-~]*")
# All answers together: what is read beyond that has to be asked for again, in another batch.
_MOST_BYTES = 8 * 1024 * 1024


@door.open("", BATCH, "POST")
@door.open("/", BATCH, "POST")
def take(clinic: str) -> Response:
    """The answers to all entries, in their order; NotABatch for a transaction and for every other Bundle."""
    fhir_answers.take_json()
    raw, value = read_json(request)
    asked = batch.read(raw, value)
    answers: dict[int, batch.Answer] = {}
    told = 0
    for place in sorted(range(len(asked)), key=lambda one: _ORDER.index(asked[one].method)):
        answers[place] = _too_much() if told > _MOST_BYTES else _answer(clinic, asked[place])
        told += len(answers[place].said)
    base = desk().clinic(clinic).base
    said = batch.write(base, [answers[place] for place in range(len(asked))])
    return fhir_answers.private(Response(said, content_type=FHIR_JSON))


def _answer(clinic: str, asked: batch.Request) -> batch.Answer:
    if asked.leans_on:
        return _refused(400, "business-rule", "No entry of a batch can refer to what another one makes.")
    place, _, query = asked.url.partition("?")
    home = f"{desk().clinic(clinic).base}/"
    place = place.removeprefix(home)
    if not _is_offered(asked.method, place, query):
        return _refused(400, "not-supported", "This cannot be asked in a batch.")
    response = _dispatched(_environment(clinic, asked, place, query))
    is_bare = asked.method == "HEAD" or response.status_code == 304
    return _as_answer(response, b"" if is_bare else response.get_data())


def _is_offered(method: str, place: str, query: str) -> bool:
    """Reads, searches and creates, and what names one resource; no way out of the base, and no batch in a batch."""
    wanted = _PLACES.get("GET" if method == "HEAD" else method, _ONE)
    steps = place.split("/")
    is_plain = wanted.fullmatch(place) is not None and not {".", ".."}.intersection(steps)
    return is_plain and _QUERY.fullmatch(query) is not None and "#" not in query


def _environment(clinic: str, asked: batch.Request, place: str, query: str) -> dict[str, object]:
    """The request of one entry: its own address, conditions and body, and the token and address of the batch."""
    body = asked.resource or b""
    kept = {
        name: one
        for name, one in request.environ.items()
        if name.startswith(("wsgi.", "SERVER_", "REMOTE_", "SCRIPT_NAME")) and name != "wsgi.input_terminated"
    }
    said = {"Prefer": request.headers.get("Prefer"), "Authorization": request.headers.get("Authorization")}
    said |= asked.conditions
    said |= {"If-Modified-Since": http_date(asked.since) if asked.since else None}
    said |= {"Accept": FHIR_JSON, "X-Request-Id": g.request_id, "Host": request.headers.get("Host")}
    headers = {f"HTTP_{name.upper().replace('-', '_')}": one for name, one in said.items() if one is not None}
    return {
        **kept,
        **headers,
        "CONTENT_TYPE": FHIR_JSON,
        "CONTENT_LENGTH": str(len(body)),
        "REQUEST_METHOD": asked.method,
        "PATH_INFO": f"/{clinic}/fhir/{place}",
        "QUERY_STRING": query,
        "wsgi.input": BytesIO(body),
    }


def _dispatched(environ: dict[str, object]) -> Response:
    """What the application answers to this request, in a context of its own: nothing of the batch's is seen there."""
    with current_app.app_context(), current_app.request_context(environ):
        return current_app.full_dispatch_request()


def _as_answer(response: Response, said: bytes) -> batch.Answer:
    changed = response.last_modified
    return batch.Answer(
        status=_status(response.status_code),
        location=response.headers.get("Location"),
        etag=response.headers.get("ETag"),
        last_modified=changed.isoformat().replace("+00:00", "Z") if changed else None,
        said=said,
    )


def _too_much() -> batch.Answer:
    return _refused(413, "too-costly", "The answers before this one fill the batch. Ask for this by itself.")


def _refused(status: int, code: str, text: str) -> batch.Answer:
    said = operation_outcome.write([Fault(code, text)])
    return batch.Answer(_status(status), None, None, None, said)


def _status(code: int) -> str:
    return f"{code} {HTTPStatus(code).phrase}"
