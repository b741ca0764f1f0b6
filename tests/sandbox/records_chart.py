"""One chart with something for every search parameter of the record system, and a second one beside it."""

from __future__ import annotations

from tests.sandbox.records_builders import Resource, document, encounter, patient, response, task

LOINC = "http://loinc.org"
RFC = "urn:ietf:rfc:3986"
TYPES = "http://maplegrove.example/encounter-types"
INFUSION = {"coding": [{"system": TYPES, "code": "ketamine-iv-infusion"}]}
INTAKE = {"coding": [{"system": TYPES, "code": "intake"}]}
QUESTIONNAIRE = "http://example.org/Questionnaire/set-1"


def reference(to: str) -> Resource:
    return {"reference": to}


def period(start: str | None = None, end: str | None = None) -> Resource:
    return {"period": {k: v for k, v in (("start", start), ("end", end)) if v}}


def full() -> list[Resource]:
    """One chart with something for every search parameter, and a second chart that must not be found by them."""
    practitioner = {"resourceType": "Practitioner", "id": "doc", "name": [{"family": "Ames"}]}
    appointment: Resource = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "fulfilled",
        "start": "2026-03-02T14:00:00-08:00",
        "participant": [{"actor": reference("Patient/cleo"), "status": "accepted"}],
    }
    other: Resource = {
        "resourceType": "Appointment",
        "id": "a2",
        "status": "booked",
        "start": "2026-04-02T14:00:00-07:00",
        "participant": [{"actor": reference("Patient/dan"), "status": "accepted"}],
    }
    return [
        practitioner,
        {"resourceType": "Location", "id": "room", "name": "Room"},
        {**practitioner, "id": "doc-2", "name": [{"family": "Brook"}], "identifier": [{"value": "n"}]},
        patient(
            "cleo",
            name=[{"family": "Peña", "given": ["Cleopatra", "Zoë"]}],
            identifier=[{"system": "http://maplegrove.example/mrn", "value": "MG-1"}],
            gender="female",
            active=True,
            birthDate="1990-05-17",
        ),
        patient("dan", identifier=[{"system": "http://other.example", "value": "MG-1"}], birthDate="1970"),
        appointment,
        other,
        {
            "resourceType": "EpisodeOfCare",
            "id": "ep",
            "status": "active",
            "patient": reference("Patient/cleo"),
            **period("2026-02-01"),
        },
        encounter(
            "v1",
            "cleo",
            type=[INFUSION],
            appointment=[reference("Appointment/a1")],
            episodeOfCare=[reference("EpisodeOfCare/ep")],
            location=[{"location": reference("Location/room")}],
            participant=[{"individual": reference("Practitioner/doc")}],
            identifier=[{"system": "http://maplegrove.example/visit", "value": "V-1"}],
            **period("2026-03-02T14:05:00-08:00", "2026-03-02T15:00:00-08:00"),
        ),
        encounter("v2", "cleo", status="in-progress", partOf=reference("Encounter/v1"), type=[INTAKE]),
        encounter(
            "v3",
            "dan",
            status="planned",
            **{"class": {"system": "x", "code": "VR"}},
            **period("2026-04-02T14:05:00-07:00"),
        ),
        {
            **document(
                "cleo",
                "urn:uuid:c",
                id="d1",
                date="2026-03-02T16:00:00-08:00",
                author=[reference("Patient/cleo")],
                masterIdentifier={"system": RFC, "value": "urn:uuid:c-1"},
                context={
                    "encounter": [reference("Encounter/v1")],
                    "related": [reference("QuestionnaireResponse/r1")],
                    **period("2026-03-02T14:05:00-08:00", "2026-03-02T15:00:00-08:00"),
                },
            )
        },
        document(
            "cleo",
            "urn:uuid:d",
            id="d2",
            status="superseded",
            date="2026-03-03T16:00:00-08:00",
            type={"coding": [{"system": LOINC, "code": "11506-3"}]},
            category=[{"text": "none"}],
            content=[{"attachment": {"contentType": "text/plain", "data": "YQ=="}}],
            relatesTo=[{"code": "replaces", "target": reference("DocumentReference/d1")}],
        ),
        response(
            "cleo",
            "urn:uuid:r",
            id="r1",
            questionnaire=f"{QUESTIONNAIRE}|1.0.0",
            encounter=reference("Encounter/v1"),
            author=reference("Patient/cleo"),
            source=reference("Patient/cleo"),
            authored="2026-03-02T16:00:00-08:00",
        ),
        response(
            "dan",
            "urn:uuid:s",
            id="r2",
            status="amended",
            questionnaire=f"{QUESTIONNAIRE}|2.0.0",
            authored="2026-03-05T10:00:00Z",
        ),
        task(
            "cleo",
            id="t1",
            code={"coding": [{"system": "http://example.org", "code": "contact-me"}]},
            identifier=[{"system": RFC, "value": "urn:uuid:t"}],
            encounter=reference("Encounter/v1"),
            owner=reference("Practitioner/doc"),
            authoredOn="2026-03-02T16:00:00-08:00",
            lastModified="2026-03-04T16:00:00-08:00",
        ),
        task("dan", id="t2", status="completed"),
        {
            "resourceType": "Procedure",
            "id": "p1",
            "identifier": [{"system": RFC, "value": "urn:uuid:p"}],
            "status": "completed",
            "code": {"coding": [{"system": "http://maplegrove.example/procedures", "code": "ketamine"}]},
            "subject": reference("Patient/cleo"),
            "encounter": reference("Encounter/v1"),
            "performedPeriod": period("2026-03-02T14:05:00-08:00", "2026-03-02T15:00:00-08:00")["period"],
        },
        {
            "resourceType": "Procedure",
            "id": "p2",
            "status": "not-done",
            "subject": reference("Patient/dan"),
            "performedDateTime": "2026-04-02",
        },
        {
            "resourceType": "MedicationAdministration",
            "id": "m1",
            "identifier": [{"system": RFC, "value": "urn:uuid:m"}],
            "status": "completed",
            "medicationCodeableConcept": {
                "coding": [{"system": "http://maplegrove.example/medications", "code": "ketamine"}]
            },
            "subject": reference("Patient/cleo"),
            "context": reference("Encounter/v1"),
            "effectivePeriod": period("2026-03-02T14:05:00-08:00", "2026-03-02T15:00:00-08:00")["period"],
        },
        {
            "resourceType": "MedicationAdministration",
            "id": "m2",
            "status": "not-done",
            "medicationReference": {"display": "esketamine"},
            "subject": reference("Patient/dan"),
            "effectiveDateTime": "2026-04-02T14:05:00-07:00",
        },
    ]
