"""The kinds that only few clients use are served like the others: messages, provenance, relatives, audit events."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.sandbox.records.kinds import KINDS
from service.sandbox.records.parameters import PARAMETERS
from service.sandbox.records.store import Records
from tests.sandbox.records_builders import BASE, Resource, get, is_outcome, opened, post, put

ANN = {"reference": "Patient/ann"}
VISIT = {"reference": "Encounter/ann-1"}
PERSON = {"reference": "Practitioner/clinician-1"}
INSTANT = "2026-03-10T10:00:00.000Z"
NAMED = [{"system": "http://example.org/names", "value": "one"}]

RESOURCES: dict[str, Resource] = {
    "Communication": {
        "status": "in-progress",
        "identifier": NAMED,
        "priority": "routine",
        "subject": ANN,
        "encounter": VISIT,
        "sent": INSTANT,
        "sender": PERSON,
        "recipient": [ANN],
        "payload": [{"contentString": "Please write when you feel ready."}],
    },
    "Provenance": {
        "target": [ANN, VISIT],
        "recorded": INSTANT,
        "agent": [{"who": PERSON, "onBehalfOf": {"reference": "Organization/clinic"}}],
        "entity": [{"role": "source", "what": VISIT}],
    },
    "RelatedPerson": {
        "patient": ANN,
        "identifier": NAMED,
        "name": [{"family": "Quill", "given": ["Ada"]}],
        "gender": "female",
        "relationship": [{"text": "mother"}],
    },
    "AuditEvent": {
        "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
        "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": "read"}],
        "action": "R",
        "outcome": "0",
        "recorded": INSTANT,
        "agent": [{"who": PERSON, "requestor": True}],
        "source": {"observer": {"display": "here"}},
        "entity": [{"what": ANN}],
    },
}

FOUND: dict[str, tuple[str, ...]] = {
    "Communication": (
        "patient=ann",
        "subject=Patient/ann",
        "identifier=http://example.org/names|one",
        "status=in-progress",
        "encounter=Encounter/ann-1",
        "sent=2026-03-10",
    ),
    "Provenance": (
        "patient=ann",
        "target=Encounter/ann-1",
        "recorded=ge2026-03-10",
        "agent=Practitioner/clinician-1",
    ),
    "RelatedPerson": ("patient=Patient/ann", "identifier=one", "name=quill"),
    "AuditEvent": (
        "patient=ann",
        "date=2026-03-10",
        "type=rest",
        "subtype=http://hl7.org/fhir/restful-interaction|read",
        "action=R",
        "outcome=0",
        "agent=Practitioner/clinician-1",
    ),
}
MISSED: dict[str, tuple[str, ...]] = {
    "Communication": ("patient=ben", "status=completed", "encounter=Encounter/ben-1", "sent=lt2026-03-10"),
    "Provenance": ("patient=ben", "target=Encounter/ben-1", "recorded=2027", "agent=Practitioner/other"),
    "RelatedPerson": ("patient=ben", "identifier=two", "name=other"),
    "AuditEvent": ("patient=ben", "date=2025", "type=login", "action=C", "outcome=8", "agent=Patient/ann"),
}
BROKEN: dict[str, tuple[dict[str, Any], ...]] = {
    "Communication": ({"status": "sent"}, {"status": None}, {"sender": VISIT}, {"priority": "soon"}),
    "Provenance": (
        {"target": None},
        {"recorded": None},
        {"agent": [{"onBehalfOf": PERSON}]},
        {"entity": [{"role": "cause"}]},
    ),
    "AuditEvent": (
        {"type": None},
        {"agent": [{"who": PERSON}]},
        {"source": {"site": "x"}},
        {"action": "X"},
        {"outcome": "1"},
    ),
}


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = opened(tmp_path)
    records.place(
        [
            {"resourceType": "Practitioner", "id": "clinician-1"},
            {"resourceType": "Organization", "id": "clinic"},
        ]
    )
    yield records
    records.close()


def made(records: Records, type_: str) -> Resource:
    """One of the type, created as a client would; those that cannot be created are placed."""
    resource = {"resourceType": type_, **RESOURCES[type_]}
    if "create" not in KINDS[type_].interactions:
        records.place([{**resource, "id": "placed"}])
        return records.read(type_, "placed")
    answer = post(records, resource)
    assert answer.status_code == 201, answer.text
    kept: Resource = answer.get_json()
    assert answer.headers["Location"] == f"{BASE}/{type_}/{kept['id']}/_history/1"
    return kept


@pytest.mark.parametrize("type_", RESOURCES)
def test_what_was_given_is_read_back_whole(records: Records, type_: str) -> None:
    kept = made(records, type_)
    answer = get(records, f"{type_}/{kept['id']}")
    assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"1"')
    assert {name: answer.get_json()[name] for name in RESOURCES[type_]} == RESOURCES[type_]


@pytest.mark.parametrize("type_", RESOURCES)
def test_each_version_and_the_history_are_read(records: Records, type_: str) -> None:
    kept = made(records, type_)
    place = f"{type_}/{kept['id']}/_history"
    assert get(records, f"{place}/1").get_json() == kept
    assert is_outcome(get(records, f"{place}/2"), 404)
    bundle = get(records, place).get_json()
    assert (bundle["type"], bundle["total"]) == ("history", 1)
    assert [entry["resource"] for entry in bundle["entry"]] == [kept]


def test_a_message_is_kept_up_and_its_versions_stay(records: Records) -> None:
    kept = made(records, "Communication")
    assert put(records, {**kept, "status": "completed"}).status_code == 200
    place = f"Communication/{kept['id']}/_history"
    statuses = [entry["resource"]["status"] for entry in get(records, place).get_json()["entry"]]
    assert statuses == ["completed", "in-progress"]
    assert get(records, f"{place}/1").get_json()["status"] == "in-progress"
    assert get(records, "Communication?patient=ann&status=in-progress").get_json()["total"] == 0


@pytest.mark.parametrize("type_", ["Provenance", "RelatedPerson", "AuditEvent"])
def test_what_is_a_record_of_others_is_not_changed(records: Records, type_: str) -> None:
    kept = made(records, type_)
    assert is_outcome(put(records, kept), 405)
    assert get(records, f"{type_}/{kept['id']}").get_json() == kept


@pytest.mark.parametrize("type_", RESOURCES)
def test_every_parameter_finds_its_own_and_nothing_else(records: Records, type_: str) -> None:
    kept = made(records, type_)
    asked = {query.partition("=")[0] for query in FOUND[type_]}
    assert asked == set(PARAMETERS[type_])
    for query in FOUND[type_]:
        entries = get(records, f"{type_}?{query}").get_json()["entry"]
        assert [entry["resource"]["id"] for entry in entries] == [kept["id"]], query
    for query in MISSED[type_]:
        assert get(records, f"{type_}?{query}").get_json()["total"] == 0, query


@pytest.mark.parametrize(
    ("type_", "changed"), [(type_, changed) for type_, several in BROKEN.items() for changed in several]
)
def test_what_breaks_the_rules_of_its_kind_is_refused(
    records: Records, type_: str, changed: dict[str, Any]
) -> None:
    resource = {"resourceType": type_, **RESOURCES[type_], **changed}
    sent = {name: value for name, value in resource.items() if value is not None}
    assert is_outcome(post(records, sent), 422)
    assert records.search(type_, []).total == 0
