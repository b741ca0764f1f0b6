"""Who may touch what: no token, a missing scope, one patient's compartment, and everybody's records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from service.sandbox.grant import Grant
from service.sandbox.records.kinds import KINDS
from service.sandbox.records.store import Records
from tests.sandbox.records_builders import (
    ANN,
    CLINICIAN,
    EVERYTHING,
    KEY,
    Resource,
    document,
    opened,
    response,
    serving,
    task,
)


def of(type_: str, who: str) -> Resource:
    """A resource of this type that belongs to that patient."""
    subject = {"reference": f"Patient/{who}"}
    made: dict[str, Resource] = {
        "Patient": {},
        "RelatedPerson": {"patient": subject},
        "Encounter": {"status": "finished", "class": {"code": "AMB"}, "subject": subject},
        "EpisodeOfCare": {"status": "active", "patient": subject},
        "Appointment": {"status": "booked", "participant": [{"actor": subject, "status": "accepted"}]},
        "QuestionnaireResponse": response(who),
        "DocumentReference": document(who),
        "Binary": {"contentType": "text/plain", "data": "YQ==", "securityContext": subject},
        "Task": task(who),
        "Communication": {"status": "completed", "subject": subject},
        "Provenance": {"target": [subject], "recorded": "2026-03-10T10:00:00Z", "agent": [{"who": subject}]},
        "Procedure": {"status": "completed", "subject": subject},
        "MedicationAdministration": {
            "status": "completed",
            "medicationCodeableConcept": {"text": "ketamine"},
            "subject": subject,
            "effectiveDateTime": "2026-03-10T10:00:00Z",
        },
        "AuditEvent": {
            "type": {"code": "rest"},
            "recorded": "2026-03-10T10:00:00Z",
            "agent": [{"who": subject, "requestor": True}],
            "source": {"observer": {"display": "here"}},
        },
    }
    id_ = who if type_ == "Patient" else f"{type_.lower()}-of-{who}"
    return {**made[type_], "resourceType": type_, "id": id_}


OWNED = sorted(type_ for type_, kind in KINDS.items() if kind.about_a_patient)
SHARED = sorted(type_ for type_, kind in KINDS.items() if not (kind.about_a_patient or kind.owned))
WRITTEN = sorted(
    type_ for type_, kind in KINDS.items() if "create" in kind.interactions and kind.about_a_patient
)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = opened(tmp_path)
    for who in ("ann", "ben"):
        records.place([of(type_, who) for type_ in OWNED])
    records.place(
        [
            {
                "resourceType": type_,
                "id": "shared",
                **({"status": "active"} if type_ == "Questionnaire" else {}),
            }
            for type_ in SHARED
        ]
    )
    yield records
    records.close()


def get(records: Records, grant: Grant | None, address: str) -> TestResponse:
    return serving(records, grant).get(f"/fhir/{address}", headers={"Accept": "application/fhir+json"})


def create(records: Records, grant: Grant, resource: Resource, **headers: str) -> TestResponse:
    address = f"/fhir/{resource['resourceType']}"
    return serving(records, grant).post(
        address, data=json.dumps(resource), content_type="application/fhir+json", headers=headers
    )


def update(records: Records, grant: Grant, resource: Resource) -> TestResponse:
    return serving(records, grant).put(f"/fhir/{resource['resourceType']}/{resource['id']}", json=resource)


def found(records: Records, grant: Grant, address: str) -> set[str]:
    return {entry["resource"]["id"] for entry in get(records, grant, address).get_json().get("entry", [])}


@pytest.mark.parametrize(
    "address", ["Patient/ann", "Patient", "Patient/ann/_history", "Nothing", "a/b/c/d", ""]
)
def test_without_a_token_nothing_is_shown_or_told(records: Records, address: str) -> None:
    answer = get(records, None, address)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.get_json()["resourceType"] == "OperationOutcome"


def test_a_token_that_is_not_valid_is_called_so(records: Records) -> None:
    answer = serving(records, None).get("/fhir/Patient", headers={"Authorization": "Bearer stale"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(
    ("scopes", "method", "address", "needed"),
    [
        ("patient/Encounter.rs", "GET", "Patient/ann", "patient/Patient.r"),
        ("patient/Encounter.s", "GET", "Encounter/encounter-of-ann", "patient/Encounter.r"),
        ("patient/Encounter.r", "GET", "Encounter", "patient/Encounter.s"),
        ("patient/Encounter.s", "GET", "Encounter/encounter-of-ann/_history", "patient/Encounter.r"),
        ("patient/DocumentReference.rs", "POST", "DocumentReference", "patient/DocumentReference.c"),
        ("patient/DocumentReference.crs", "PUT", "DocumentReference/x", "patient/DocumentReference.u"),
        ("openid", "GET", "Patient/ann", "patient/Patient.r"),
    ],
)
def test_a_missing_scope_is_403_and_named(
    records: Records, scopes: str, method: str, address: str, needed: str
) -> None:
    """RFC 6750 section 3.1; R4 security, Access Denied Response Handling."""
    grant = replace(ANN, scopes=frozenset(scopes.split()))
    answer = serving(records, grant).open(f"/fhir/{address}", method=method, json={})
    assert answer.status_code == 403
    assert answer.headers["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{needed}"'
    assert answer.get_json()["issue"][0]["code"] == "forbidden"


def test_a_patients_token_without_a_patient_opens_nothing(records: Records) -> None:
    assert get(records, replace(ANN, patient=None), "Patient/ann").status_code == 403


@pytest.mark.parametrize("type_", OWNED)
def test_a_patients_token_reads_the_own_and_never_anothers(records: Records, type_: str) -> None:
    """The compartment table of fhir-rest section D, type by type: another's is as if it were not there."""
    own, others = of(type_, "ann"), of(type_, "ben")
    for ending in ("", "/_history", "/_history/1"):
        if ending == "/_history" and "history-instance" not in KINDS[type_].interactions:
            continue
        assert get(records, ANN, f"{type_}/{own['id']}{ending}").status_code == 200
        refused = get(records, ANN, f"{type_}/{others['id']}{ending}")
        assert refused.status_code == 404
        assert refused.get_json() == get(records, ANN, f"{type_}/nobody{ending}").get_json()
        assert get(records, EVERYTHING, f"{type_}/{others['id']}{ending}").status_code == 200


@pytest.mark.parametrize("type_", [type_ for type_ in OWNED if "search-type" in KINDS[type_].interactions])
def test_a_patients_search_finds_the_own_alone(records: Records, type_: str) -> None:
    own, others = of(type_, "ann")["id"], of(type_, "ben")["id"]
    everything, within = found(records, EVERYTHING, type_), found(records, ANN, type_)
    assert {own, others} <= everything
    assert own in within
    assert others not in within
    assert found(records, ANN, f"{type_}?_id={others}") == set()


@pytest.mark.parametrize(
    "query",
    [
        "patient=ben",
        "patient=Patient/ben",
        "patient=ann,ben",
        "patient:Patient=ben",
        "subject=ben",
        "patient=http://localhost:9/fhir/Patient/ben",
        "patient=ann&patient=ben",
    ],
)
def test_a_search_for_another_patient_is_403(records: Records, query: str) -> None:
    assert get(records, ANN, f"Encounter?{query}").status_code == 403
    by_form = dict(part.split("=") for part in query.split("&"))
    if "ben" in "".join(by_form.values()):
        assert serving(records, ANN).post("/fhir/Encounter/_search", data=by_form).status_code == 403


@pytest.mark.parametrize(
    "query", ["patient=ann", "patient=Patient/ann", "subject=ann", "patient:missing=false"]
)
def test_a_search_for_oneself_is_answered(records: Records, query: str) -> None:
    assert found(records, ANN, f"Encounter?{query}") == {"ann-1", "encounter-of-ann"}


@pytest.mark.parametrize(
    "query", ["patient:missing=true", "status:not=planned", "_lastUpdated=gt2000", "_id=ben-1,ann-1"]
)
def test_no_way_of_asking_leaves_the_compartment(records: Records, query: str) -> None:
    assert found(records, ANN, f"Encounter?{query}") <= {"ann-1", "encounter-of-ann"}


def test_a_page_link_of_somebody_else_shows_nothing_more(records: Records) -> None:
    link = get(records, EVERYTHING, "Encounter?_count=1").get_json()["link"][1]["url"].rpartition("/fhir/")[2]
    assert found(records, ANN, link) <= {"ann-1", "encounter-of-ann"}


@pytest.mark.parametrize("type_", SHARED)
def test_what_is_nobodys_can_be_read_by_all_who_have_the_scope(records: Records, type_: str) -> None:
    assert get(records, ANN, f"{type_}/shared").status_code == 200
    assert found(records, ANN, type_) == {"shared"}


@pytest.mark.parametrize("type_", WRITTEN)
def test_a_patients_token_writes_the_own_where_patients_write_at_all(records: Records, type_: str) -> None:
    own = create(records, ANN, of(type_, "ann")).status_code
    others = create(records, ANN, of(type_, "ben")).status_code
    assert (own, others) == ((201, 403) if KINDS[type_].patient_writes else (403, 403))


def test_what_belongs_to_nobody_is_not_written_by_a_patients_token(records: Records) -> None:
    binary = {"resourceType": "Binary", "contentType": "text/plain", "data": "YQ=="}
    assert create(records, ANN, binary).status_code == 403
    assert create(records, ANN, {"resourceType": "Questionnaire", "status": "active"}).status_code == 403


def test_a_patients_update_stays_within_the_compartment(records: Records) -> None:
    own, others = of("Task", "ann"), of("Task", "ben")
    assert update(records, ANN, {**own, "status": "accepted"}).status_code == 200
    stolen = update(records, ANN, {**others, "for": {"reference": "Patient/ann"}})
    unknown = update(records, ANN, {**own, "id": "unknown"})
    assert (stolen.status_code, unknown.status_code) == (405, 405)
    assert stolen.get_json() == unknown.get_json()
    assert update(records, ANN, {**own, "for": {"reference": "Patient/ben"}}).status_code == 403
    assert records.read("Task", others["id"])["meta"]["versionId"] == "1"


def test_a_conditional_create_does_not_tell_of_another_patients_document(records: Records) -> None:
    value = "urn:uuid:shared"
    create(records, EVERYTHING, document("ben", value))
    answer = create(
        records,
        ANN,
        document("ann", value),
        **{"If-None-Exist": f"identifier={KEY.partition('|')[0]}|{value}"},
    )
    assert answer.status_code == 201


def test_a_clinician_and_a_system_search_over_patients(records: Records) -> None:
    for grant in (CLINICIAN, replace(EVERYTHING, scopes=frozenset({"system/Encounter.rs"}))):
        assert {"ann-1", "ben-1"} <= found(records, grant, "Encounter?status=finished")
        assert found(records, grant, "Encounter?patient=ben") == {"ben-1", "encounter-of-ben"}


@pytest.mark.parametrize("user", ["Patient/ann", "RelatedPerson/relatedperson-of-ann"])
def test_a_users_scope_gives_a_patient_or_relative_no_more_than_their_chart(
    records: Records, user: str
) -> None:
    """SMART scopes, Scopes are used to delegate access: never more than the user's own rights."""
    grant = replace(CLINICIAN, fhir_user=user)
    assert found(records, grant, "Encounter") == {"ann-1", "encounter-of-ann"}
    assert get(records, grant, "Patient/ben").status_code == 404


def test_who_only_signs_in_may_read_who_they_are(records: Records) -> None:
    """SMART scopes, identity data: the resource that `fhirUser` names, and nobody else's."""
    grant = replace(ANN, scopes=frozenset({"openid", "fhirUser"}))
    assert get(records, grant, "Patient/ann").status_code == 200
    assert get(records, grant, "Patient/ben").status_code == 404
    assert get(records, grant, "Encounter/ann-1").status_code == 403
