"""A yes to a mark counts once the mark is seen there: superseded and struck are promises as well (F21, W-30, W-31)."""

import json
from collections.abc import Callable

import httpx2
import pytest

from service.ehr.client import RecordSystem
from service.ehr.outcome import Filed, Outcome, Unknown
from service.ehr.write_back import strike_document, supersede_document

BASE = "http://localhost:8090/fhir"
VERSION = "urn:uuid:6f1c2a52-6d0e-4d0b-9a53-5d6f3c1be0a7"
Answer = Callable[[httpx2.Request], httpx2.Response]


def _says(status: int, body: bytes = b"") -> httpx2.Response:
    return httpx2.Response(status, stream=httpx2.ByteStream(body))


def _document(status: str) -> httpx2.Response:
    named = {"system": "urn:ietf:rfc:3986", "value": VERSION}
    said = {"resourceType": "DocumentReference", "id": "d1", "status": status, "identifier": [named]}
    return _says(200, json.dumps(said | {"meta": {"versionId": "1"}}).encode())


def _marked_by(mark: Callable[..., Outcome], answers: dict[str, httpx2.Response]) -> Outcome:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.method)
        name = "again" if "PUT" in asked and request.method == "GET" else request.method
        return answers[name]

    with httpx2.Client(transport=httpx2.MockTransport(answer), trust_env=False) as http:
        return mark(RecordSystem(BASE, http, lambda: "token"), "d1", VERSION)


@pytest.mark.parametrize("mark", [strike_document, supersede_document])
@pytest.mark.parametrize("status", [200, 201])
def test_a_yes_that_changed_nothing_is_not_believed(mark: Callable[..., Outcome], status: int) -> None:
    answers = {"GET": _document("current"), "PUT": _says(status), "again": _document("current")}
    assert _marked_by(mark, answers) == Unknown("not-marked")


@pytest.mark.parametrize("mark", [strike_document, supersede_document])
def test_a_yes_that_shows_the_old_status_is_not_believed(mark: Callable[..., Outcome]) -> None:
    answers = {"GET": _document("current"), "PUT": _document("current")}
    assert _marked_by(mark, answers) == Unknown("not-marked")


def test_a_yes_that_cannot_be_looked_at_is_unknown() -> None:
    answers = {"GET": _document("current"), "PUT": _says(200), "again": _says(503)}
    assert _marked_by(strike_document, answers) == Unknown("no-proof")


def test_a_mark_that_is_seen_when_read_again_is_done() -> None:
    answers = {
        "GET": _document("current"),
        "PUT": _says(200),
        "again": _document("entered-in-error"),
    }
    assert isinstance(_marked_by(strike_document, answers), Filed)
