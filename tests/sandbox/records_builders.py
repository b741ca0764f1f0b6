"""Resources and a running FHIR server for the tests of the record system: a test mentions only what matters to it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.sandbox.grant import Grant
from service.sandbox.imitations import NONE, Imitation
from service.sandbox.records.server import create_records_blueprint
from service.sandbox.records.store import Records

NOW = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
BASE = "http://localhost:9/fhir"
ENTRY = "urn:uuid:11111111-1111-4111-8111-111111111111"
KEY = f"urn:ietf:rfc:3986|{ENTRY}"
FHIR_JSON = "application/fhir+json"
Resource = dict[str, Any]


class Clock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: int) -> None:
        self.now += timedelta(**time)


def patient(id_: str, **more: Any) -> Resource:
    return {
        "resourceType": "Patient",
        "id": id_,
        "name": [{"family": "Quill"}],
        "birthDate": "1980-01-02",
        **more,
    }


def encounter(id_: str, of: str, **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{of}"},
        **more,
    }


def document(of: str = "ann", value: str = ENTRY, **more: Any) -> Resource:
    content = b"%PDF-1.7 a summary"
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": value}],
        "type": {"coding": [{"system": "http://loinc.org", "code": "74465-6"}]},
        "category": [{"coding": [{"system": "http://example.org/categories", "code": "clinical-note"}]}],
        "subject": {"reference": f"Patient/{of}"},
        "date": "2026-03-10T10:00:00-08:00",
        "content": [
            {
                "attachment": {
                    "contentType": "application/pdf",
                    "data": base64.b64encode(content).decode(),
                    "size": len(content),
                    "hash": base64.b64encode(hashlib.sha1(content).digest()).decode(),
                }
            }
        ],
        **more,
    }


def response(of: str = "ann", value: str = ENTRY, **more: Any) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": value},
        "questionnaire": "http://example.org/Questionnaire/set-1|1.0.0",
        "status": "completed",
        "subject": {"reference": f"Patient/{of}"},
        "authored": "2026-03-10T10:00:00-08:00",
        "item": [{"linkId": "1", "answer": [{"valueString": "calm"}]}],
        **more,
    }


def task(of: str = "ann", **more: Any) -> Resource:
    return {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "for": {"reference": f"Patient/{of}"},
        **more,
    }


def opened(folder: Path, clock: Callable[[], datetime] | None = None) -> Records:
    """Records with two patients, ann and ben, and a visit of each."""
    records = Records(folder / "records.sqlite", clock or Clock())
    records.place([patient("ann"), patient("ben"), encounter("ann-1", "ann"), encounter("ben-1", "ben")])
    return records


EVERYTHING = Grant(
    client_id="tester",
    scopes=frozenset({"system/*.cruds"}),
    patient=None,
    encounter=None,
    fhir_user=None,
    subject=None,
    audience=BASE,
    expires=NOW + timedelta(hours=1),
)
ANN = replace(
    EVERYTHING, scopes=frozenset({"patient/*.cruds"}), patient="ann", fhir_user="Patient/ann", subject="ann"
)
CLINICIAN = replace(
    EVERYTHING, scopes=frozenset({"user/*.rs"}), fhir_user="Practitioner/clinician-1", subject="clinician-1"
)


def serving(
    records: Records,
    grant: Grant | None = EVERYTHING,
    filing: Callable[[], bool] = lambda: True,
    imitation: Imitation = NONE,
) -> FlaskClient:
    """A client of the FHIR server over these records, with one grant for every request."""
    app = flask.Flask("tests")
    app.register_blueprint(create_records_blueprint(records, BASE, lambda _request: grant, filing, imitation))
    return app.test_client()


def post(records: Records, resource: Resource, headers: dict[str, str] | None = None) -> TestResponse:
    address = f"/fhir/{resource['resourceType']}"
    return serving(records).post(address, data=json.dumps(resource), content_type=FHIR_JSON, headers=headers)


def put(records: Records, resource: Resource, headers: dict[str, str] | None = None) -> TestResponse:
    address = f"/fhir/{resource['resourceType']}/{resource['id']}"
    return serving(records).put(address, data=json.dumps(resource), content_type=FHIR_JSON, headers=headers)


def get(records: Records, address: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return serving(records).get(f"/fhir/{address}", headers=named)


def is_outcome(answer: TestResponse, status: int) -> bool:
    body = json.loads(answer.data)
    issue = body["issue"][0]
    return (
        answer.status_code == status
        and answer.mimetype == FHIR_JSON
        and body["resourceType"] == "OperationOutcome"
        and issue["severity"] == "error"
        and {"code", "diagnostics"} <= issue.keys()
    )
