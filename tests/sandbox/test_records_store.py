"""The records keep every version, once, and write only what is whole and belongs together."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.sandbox.records.refusals import Refused
from service.sandbox.records.store import Records
from tests.sandbox.records_builders import (
    ENTRY,
    KEY,
    NOW,
    Clock,
    Resource,
    document,
    encounter,
    opened,
    patient,
    response,
    task,
)

QUERY = f"identifier={KEY}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(tmp_path: Path, clock: Clock) -> Iterator[Records]:
    records = opened(tmp_path, clock)
    yield records
    records.close()


def refused(status: int) -> Any:
    return pytest.raises(Refused, check=lambda refusal: refusal.status == status)


def documents(records: Records) -> list[Resource]:
    return [
        line.resource for line in records.ledger() if line.resource["resourceType"] == "DocumentReference"
    ]


def test_the_server_gives_id_version_and_instant_and_ignores_the_senders(records: Records) -> None:
    sent = document(
        id="mine", meta={"versionId": "9", "lastUpdated": "2020-01-01T00:00:00Z", "source": "urn:x"}
    )
    kept = records.create(sent).resource
    assert kept["id"] != "mine"
    assert kept["meta"] == {"source": "urn:x", "versionId": "1", "lastUpdated": "2026-03-10T18:30:00.000Z"}
    assert records.read("DocumentReference", kept["id"]) == kept


def test_a_conditional_create_without_a_match_creates(records: Records) -> None:
    assert records.create(document(), QUERY).created


def test_a_conditional_create_with_one_match_returns_it_and_writes_nothing(records: Records) -> None:
    first = records.create(document(), QUERY).resource
    again = records.create(document(description="another try"), QUERY)
    assert (again.created, again.resource) == (False, first)
    assert documents(records) == [first]


def test_a_conditional_create_with_several_matches_is_412(records: Records) -> None:
    records.create(document())
    records.create(document())
    with refused(412):
        records.create(document(), QUERY)
    assert len(documents(records)) == 2


@pytest.mark.parametrize("query", ["", "?" + QUERY, "nonsense=1", "_count=1", "identifier=", "identifier"])
def test_a_conditional_create_takes_known_search_parameters_only(records: Records, query: str) -> None:
    with refused(400):
        records.create(document(), query)
    assert documents(records) == []


def test_a_plain_create_sent_twice_makes_two_as_record_systems_do(records: Records) -> None:
    records.create(document())
    records.create(document())
    assert len(documents(records)) == 2


@pytest.mark.parametrize("shared", [True, False], ids=["one server", "a server each"])
def test_twenty_simultaneous_conditional_creates_make_one_resource(tmp_path: Path, shared: bool) -> None:
    """fhir-rest I-23, on a real file: as threads of one server, and as twenty servers on one file."""
    first = opened(tmp_path)
    servers = [first] * 20 if shared else [Records(tmp_path / "records.sqlite", Clock()) for _ in range(20)]
    start = threading.Barrier(20)
    outcomes: list[tuple[bool, str]] = []

    def send(records: Records) -> None:
        start.wait()
        written = records.create(document(), QUERY)
        outcomes.append((written.created, written.resource["id"]))

    threads = [threading.Thread(target=send, args=(records,)) for records in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(created for created, _ in outcomes) == [False] * 19 + [True]
    assert len({id_ for _, id_ in outcomes}) == 1
    assert len(documents(first)) == 1
    for records in {*servers, first}:
        records.close()


def test_an_update_makes_the_next_version_and_keeps_the_old_one(records: Records, clock: Clock) -> None:
    first = records.create(document()).resource
    clock.pass_(minutes=5)
    second = records.update(
        "DocumentReference", first["id"], {**first, "status": "superseded"}, 'W/"1"'
    ).resource
    assert second["meta"] == {"versionId": "2", "lastUpdated": "2026-03-10T18:35:00.000Z"}
    assert records.read("DocumentReference", first["id"]) == second
    assert records.vread("DocumentReference", first["id"], "1") == first
    assert records.history("DocumentReference", first["id"]) == [second, first]


@pytest.mark.parametrize(("tag", "status"), [('W/"2"', 412), ('"7"', 412), ("1", 400), ('W/"1', 400)])
def test_an_update_of_another_version_is_refused(records: Records, tag: str, status: int) -> None:
    first = records.create(document()).resource
    with refused(status):
        records.update("DocumentReference", first["id"], {**first, "status": "superseded"}, tag)
    assert records.history("DocumentReference", first["id"]) == [first]


def test_an_update_that_changes_nothing_makes_no_version(records: Records, clock: Clock) -> None:
    first = records.create(document()).resource
    clock.pass_(minutes=5)
    assert records.update("DocumentReference", first["id"], first).resource == first


def test_an_update_needs_the_id_of_the_address(records: Records) -> None:
    first = records.create(document()).resource
    for body in ({**first, "id": "other"}, {k: v for k, v in first.items() if k != "id"}):
        with refused(400):
            records.update("DocumentReference", first["id"], body)


def test_an_update_of_an_unknown_id_is_405(records: Records) -> None:
    with refused(405):
        records.update("DocumentReference", "new", document(id="new"))


def test_a_resource_stays_with_its_patient(records: Records) -> None:
    first = records.create(document("ann")).resource
    with refused(422):
        records.update("DocumentReference", first["id"], {**first, "subject": {"reference": "Patient/ben"}})


def test_a_shortened_resource_is_not_written_back(records: Records) -> None:
    tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
    with refused(422):
        records.create(document(meta={"tag": [tag]}))


def test_what_is_not_here_is_404(records: Records) -> None:
    for ask in (
        lambda: records.read("Patient", "nobody"),
        lambda: records.history("Patient", "nobody"),
        lambda: records.vread("Patient", "ann", "2"),
    ):
        with refused(404):
            ask()


def test_a_document_may_not_name_another_patients_visit(records: Records) -> None:
    with refused(422):
        records.create(document("ann", context={"encounter": [{"reference": "Encounter/ben-1"}]}))
    assert records.create(document("ann", context={"encounter": [{"reference": "Encounter/ann-1"}]})).created


@pytest.mark.parametrize(
    "change",
    [
        {"subject": {"reference": "Patient/nobody"}},
        {"subject": {"reference": "http://elsewhere.example/fhir/Patient/ann"}},
        {"subject": {"display": "Ann"}},
        {"context": {"encounter": [{"reference": "Encounter/nowhere"}]}},
        {"author": [{"reference": "#nobody"}]},
        {"author": [{"reference": "Practitioner/nobody"}]},
        {"relatesTo": [{"code": "replaces", "target": {"reference": "DocumentReference/none"}}]},
    ],
)
def test_what_a_document_points_at_must_be_here(records: Records, change: Resource) -> None:
    with refused(422):
        records.create({**document(), **change})


def test_an_author_may_be_contained(records: Records) -> None:
    """US Core 9, Writing Clinical Notes: relative or contained references (U-04)."""
    author = {"resourceType": "Practitioner", "id": "who"}
    assert records.create(document(contained=[author], author=[{"reference": "#who"}])).created


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    records = opened(tmp_path)
    kept = records.create(document()).resource
    before = list(records.ledger())
    records.close()
    again = Records(tmp_path / "records.sqlite", Clock())
    assert list(again.ledger()) == before
    assert again.search("DocumentReference", [("identifier", KEY)]).resources == [kept]
    again.close()


def test_the_ledger_is_in_order_and_cannot_be_rewritten(records: Records, tmp_path: Path) -> None:
    kept = records.create(document()).resource
    lines = list(records.ledger())
    assert [line.number for line in lines] == sorted(line.number for line in lines)
    assert (lines[-1].resource, lines[-1].at) == (kept, NOW)
    with sqlite3.connect(tmp_path / "records.sqlite") as sql:
        for statement in ("UPDATE ledger SET body = '{}'", "DELETE FROM ledger"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                sql.execute(statement)
    sql.close()


def test_a_refused_write_leaves_nothing_behind(records: Records) -> None:
    before = list(records.ledger())
    with refused(422):
        records.place([task("ann", id="whole"), task("ann", id="broken", status="nonsense")])
    assert list(records.ledger()) == before
    assert records.search("Task", []).total == 0


def test_placing_leaves_what_is_there_alone(records: Records) -> None:
    assert records.place([patient("ann", birthDate="1999-09-09"), patient("cleo")]) == 1
    assert records.read("Patient", "ann")["birthDate"] == "1980-01-02"


def done(**more: Any) -> Resource:
    """A right Procedure, with elements put differently; None takes one out."""
    right = {"resourceType": "Procedure", "status": "completed", "subject": {"reference": "Patient/ann"}}
    return {name: value for name, value in (right | more).items() if value is not None}


def given(**more: Any) -> Resource:
    """A right MedicationAdministration, with elements put differently; None takes one out."""
    right = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": {"text": "ketamine"},
        "subject": {"reference": "Patient/ann"},
        "context": {"reference": "Encounter/ann-1"},
        "effectiveDateTime": "2026-03-10T10:00:00-08:00",
    }
    return {name: value for name, value in (right | more).items() if value is not None}


def test_what_was_done_and_given_is_kept_and_stays_with_its_patient(records: Records) -> None:
    procedure = done(encounter={"reference": "Encounter/ann-1"}, performedDateTime="2026-03-10")
    assert records.create(procedure).created
    assert records.create(given(effectiveDateTime=None, effectivePeriod={"start": "2026-03-10"})).created
    for other in (
        done(encounter={"reference": "Encounter/ben-1"}),
        given(context={"reference": "Encounter/ben-1"}),
    ):
        with refused(422):
            records.create(other)


BROKEN: list[tuple[Resource, int]] = [
    (document(status="nonsense"), 422),
    (document(docStatus="draft"), 422),
    (document(colour="red"), 400),
    (document(content={"attachment": {}}), 400),
    (document(content=[]), 400),
    (document(content=[{"format": {"code": "x"}}]), 422),
    (document(content=[{"attachment": {"contentType": "text/plain"}}]), 422),
    (document(content=[{"attachment": {"contentType": "text/plain", "data": "not base64!"}}]), 400),
    (document(content=[{"attachment": {"contentType": "text/plain", "data": "YQ==", "size": 2}}]), 422),
    (document(content=[{"attachment": {"contentType": "text/plain", "data": "YQ==", "hash": "YQ=="}}]), 422),
    (document(content=[{"attachment": {"data": "YQ=="}}]), 422),
    (document(type={"coding": [{"system": "http://example.org", "code": "note"}]}), 422),
    (document(date="2026-13-01"), 422),
    (document(date="2026-03-10T10:00:00"), 422),
    (document(context={"period": {"start": "yesterday"}}), 422),
    (document(subject={"reference": "Practitioner/clinician-1"}), 422),
    (document(description=""), 400),
    (document(description=None), 400),
    (document(meta="old"), 400),
    (document(identifier=[{"value": 7}]), 400),
    (document(identifier=["x", 3]), 400),
    (document(modifierExtension=[{"url": "http://example.org/not"}]), 422),
    ({k: v for k, v in document().items() if k != "category"}, 422),
    ({k: v for k, v in document().items() if k != "subject"}, 422),
    (response(item=[{"answer": [{"valueString": "calm"}]}]), 422),
    (response(item=[{"linkId": "1", "item": [{"text": "inner"}]}]), 422),
    (response(item=[{"linkId": "1", "answer": [{"valueString": "a", "item": [{"text": "inner"}]}]}]), 422),
    (task(intent="wish"), 422),
    ({"resourceType": "Binary", "contentType": "text/plain"}, 422),
    ({"resourceType": "Binary", "contentType": "text/plain", "data": "%%%"}, 400),
    (given(medicationReference={"display": "ketamine"}), 400),
    (given(effectivePeriod={"start": "2026-03-10"}), 400),
    (given(medicationCodeableConcept=None), 422),
    (given(effectiveDateTime=None), 422),
    (given(effectiveDateTime="yesterday"), 422),
    (given(status="preparation"), 422),
    (given(performer=[{"function": {"text": "nurse"}}]), 422),
    (done(performedDateTime="2026-03-10", performedString="in spring"), 400),
    (done(performedPeriod={"start": "2026-03-10T10:00"}), 422),
    (done(status="done"), 422),
    (done(subject=None), 422),
    ({"resourceType": "Observation", "status": "final"}, 404),
    ({"status": "final"}, 400),
]


@pytest.mark.parametrize(("resource", "status"), BROKEN)
def test_a_malformed_resource_is_refused(records: Records, resource: Resource, status: int) -> None:
    before = list(records.ledger())
    with refused(status):
        records.create(resource)
    assert list(records.ledger()) == before


def test_a_refusal_repeats_nothing_of_what_was_written(records: Records) -> None:
    """fhir-rest H-10: an element's name may stand in the words, its content never."""
    with pytest.raises(Refused) as caught:
        records.create(document(status="I-felt-so-light"))
    assert "light" not in str(caught.value.outcome())


def test_provenance_and_binaries_belong_to_the_patient_of_what_they_follow(records: Records) -> None:
    kept = records.create(document("ann")).resource
    follows = {"reference": f"DocumentReference/{kept['id']}"}
    provenance: Resource = {
        "resourceType": "Provenance",
        "target": [follows],
        "recorded": "2026-03-10T18:30:00Z",
        "agent": [{"who": {"reference": "Patient/ann"}}],
    }
    binary = {
        "resourceType": "Binary",
        "contentType": "text/plain",
        "data": "YQ==",
        "securityContext": follows,
    }
    for resource in (provenance, binary):
        assert records.patients_of(records.create(resource).resource) == {"ann"}
    assert records.search("Provenance", [("patient", "ann")]).total == 1
    assert records.search("Provenance", [], compartment="ben").total == 0


def test_an_encounter_can_be_changed_by_who_keeps_the_records(records: Records) -> None:
    records.update("Encounter", "ann-1", encounter("ann-1", "ann", status="entered-in-error"))
    assert records.search("Encounter", [("patient", "ann"), ("status", "finished")]).total == 0
    assert records.search("Encounter", [("status", "entered-in-error")]).resources[0]["id"] == "ann-1"


def test_the_entry_key_is_found_in_both_identifier_elements(records: Records) -> None:
    master = {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:version-1"}
    kept = records.create(document(masterIdentifier=master)).resource
    for value in (ENTRY, "urn:uuid:version-1"):
        assert records.search("DocumentReference", [("identifier", value)]).resources == [kept]
