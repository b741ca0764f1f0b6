"""What is sent and in which form it comes back: media types, JSON that is none, references, and Binary."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from service.sandbox.records.bodies import LARGEST_BODY
from service.sandbox.records.store import Records
from tests.sandbox.records_builders import (
    BASE,
    FHIR_JSON,
    document,
    get,
    is_outcome,
    opened,
    post,
    serving,
)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = opened(tmp_path)
    yield records
    records.close()


@pytest.mark.parametrize(
    ("headers", "query", "status", "media_type"),
    [
        ({}, "", 200, FHIR_JSON),
        ({"Accept": "*/*"}, "", 200, FHIR_JSON),
        ({"Accept": "application/json"}, "", 200, "application/json"),
        ({"Accept": "application/fhir+json; fhirVersion=4.0"}, "", 200, FHIR_JSON),
        ({"Accept": "application/fhir+json; fhirVersion=5.0"}, "", 406, FHIR_JSON),
        ({"Accept": "application/fhir+xml"}, "", 406, FHIR_JSON),
        ({"Accept": "text/html"}, "", 406, FHIR_JSON),
        ({"Accept": "application/fhir+xml"}, "?_format=json", 200, FHIR_JSON),
        ({}, "?_format=application/fhir+json", 200, FHIR_JSON),
        ({}, "?_format=xml", 406, FHIR_JSON),
    ],
)
def test_the_form_of_the_answer_is_negotiated(
    records: Records, headers: dict[str, str], query: str, status: int, media_type: str
) -> None:
    for address in ("Encounter/ann-1", "Encounter", "metadata"):
        answer = serving(records).get(f"/fhir/{address}{query}", headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, media_type)


def test_an_unacceptable_form_is_refused_before_anything_is_written(records: Records) -> None:
    assert is_outcome(post(records, document(), {"Accept": "application/fhir+xml"}), 406)
    assert records.search("DocumentReference", []).total == 0


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"{}", "application/fhir+xml", 415),
        (b"{}", "application/fhir+json; fhirVersion=5.0", 415),
        (b"not json", FHIR_JSON, 400),
        (b"[]", FHIR_JSON, 400),
        (b" ", FHIR_JSON, 400),
        (b"\xff\xfe{}", FHIR_JSON, 400),
        (b'{"resourceType": "DocumentReference", "status": NaN}', FHIR_JSON, 400),
        (b'{"resourceType": "Patient", "resourceType": "DocumentReference"}', FHIR_JSON, 400),
        (b'{"resourceType": "Patient"}', FHIR_JSON, 400),
        (b"[" * 100_000, FHIR_JSON, 400),
        (b'{"resourceType": "DocumentReference"}', FHIR_JSON, 422),
    ],
)
def test_a_body_that_is_no_resource_is_refused(
    records: Records, body: bytes, content_type: str, status: int
) -> None:
    answer = serving(records).post("/fhir/DocumentReference", data=body, content_type=content_type)
    assert is_outcome(answer, status)


def test_a_half_surrogate_is_refused(records: Records) -> None:
    assert is_outcome(post(records, document(description="\ud83d")), 400)


def test_a_body_too_long_or_cut_short_is_refused(records: Records) -> None:
    def send(length: int | None, body: bytes) -> TestResponse:
        environment: dict[str, Any] = {"CONTENT_LENGTH": None if length is None else str(length)}
        return serving(records).post(
            "/fhir/Binary", data=body, content_type="application/pdf", environ_overrides=environment
        )

    assert is_outcome(send(LARGEST_BODY + 1, b"short"), 413)
    assert is_outcome(send(500, b"short"), 400)
    assert is_outcome(send(None, b"short"), 411)


def test_five_mebibytes_of_content_are_taken(records: Records) -> None:
    """US Core 9, Writing Clinical Notes: at least 5 MiB inline (U-04)."""
    data = base64.b64encode(bytes(5 * 1024 * 1024)).decode()
    content = [{"attachment": {"contentType": "application/pdf", "data": data}}]
    assert post(records, document(content=content)).status_code == 201


def test_absolute_references_into_this_server_mean_the_relative_ones(records: Records) -> None:
    kept = post(records, document(subject={"reference": f"{BASE}/Patient/ann"})).get_json()
    assert kept["subject"] == {"reference": "Patient/ann"}
    assert get(records, f"DocumentReference?patient={BASE}/Patient/ann").get_json()["total"] == 1


def test_an_identifier_that_looks_like_an_address_here_is_left_as_it_is(records: Records) -> None:
    value = f"{BASE}/QuestionnaireResponse/1"
    post(records, document(value=value))
    assert get(records, f"DocumentReference?identifier={value}").get_json()["total"] == 1


def test_raw_content_needs_a_type_and_something_in_it(records: Records) -> None:
    client = serving(records)
    assert is_outcome(client.post("/fhir/Binary", data=b"a"), 415)
    assert is_outcome(
        client.post("/fhir/Binary", content_type="a/b", environ_overrides={"CONTENT_LENGTH": "0"}), 400
    )


def test_a_document_may_point_at_its_content(records: Records) -> None:
    kept = serving(records).post("/fhir/Binary", data=b"a", content_type="text/plain").get_json()
    content = [{"attachment": {"contentType": "text/plain", "url": f"Binary/{kept['id']}"}}]
    assert post(records, document(content=content)).status_code == 201


def test_a_binary_comes_as_its_bytes_or_as_a_resource(records: Records) -> None:
    """R4 Binary, Serving Binary Resources."""
    raw = serving(records).post(
        "/fhir/Binary",
        data=b"%PDF-1.7",
        content_type="application/pdf",
        headers={"X-Security-Context": "Patient/ann"},
    )
    kept = raw.get_json()
    assert kept["securityContext"] == {"reference": "Patient/ann"}
    address = f"Binary/{kept['id']}"
    for accept in ("*/*", "application/pdf", "application/pdf, application/fhir+json;q=0.5", "image/png"):
        answer = get(records, address, Accept=accept)
        assert (answer.data, answer.content_type) == (b"%PDF-1.7", "application/pdf")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for accept in (FHIR_JSON, f"{FHIR_JSON}, */*;q=0.1"):
        assert get(records, address, Accept=accept).get_json() == kept
    assert get(records, f"{address}?_format=json", Accept="application/pdf").get_json() == kept
    assert get(records, address, If_None_Match='W/"1"').status_code == 304


def test_a_binary_can_be_sent_as_a_resource(records: Records) -> None:
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "YQ=="}
    kept = post(records, binary).get_json()
    assert get(records, f"Binary/{kept['id']}").data == b"a"
