"""An assigned set as SDC's request for a form (questionnaires-sdc F, T-01 to T-03)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.task import Task

from service.journal.assigned import AssignedSet, AssignedStatus
from service.r4 import task

FHIR = Path(__file__).resolve().parents[2] / "fhir"
BASE = "https://journal.example/maple-grove/fhir"
ID, GROUP = "0b7c1f6e-53d0-4d8f-8f3a-6f2b1c0d9e01", "7a1d2c3b-4e5f-5a6b-8c7d-9e0f1a2b3c4d"
THEN = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
SDC = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"
ASSIGNED = AssignedSet(
    id=ID,
    patient_id="pat-1",
    encounter_id="enc-3",
    evidence=("enc-3", "enc-3b"),
    rule_version="7",
    series="first-match:1",
    ordinal=3,
    questionnaire="https://infusion-journal.example/fhir/Questionnaire/after-infusion-3|1.0.0",
    status=AssignedStatus.REQUESTED,
    authored_on=THEN,
    changed_at=THEN + timedelta(hours=2),
    window_start=THEN,
    window_end=THEN + timedelta(days=90),
    version=2,
)
ALL = [replace(ASSIGNED, status=status, entry_id="entry-3") for status in AssignedStatus]


def ours(assigned: AssignedSet = ASSIGNED, **more: Any) -> dict[str, Any]:
    return _valid(task.write(assigned, base=BASE, group=GROUP, clinic="Maple Grove", **more))


def theirs(assigned: AssignedSet = ASSIGNED) -> dict[str, Any]:
    return _valid(task.write_for_record_system(assigned, base=f"{BASE}/", group=GROUP, clinic="Maple Grove"))


def _valid(raw: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(raw)
    Task.model_validate(value)
    return value


def _inputs(value: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["type"]["coding"][0]["code"]: one for one in value["input"]}


@pytest.mark.parametrize("written", [ours(), theirs()], ids=["ours", "theirs"])
def test_it_asks_for_a_form_as_sdc_does(written: dict[str, Any]) -> None:
    """T-01, T-02: what the profile demands once is there once, and there is no focus."""
    assert (written["status"], written["intent"]) == ("requested", "order")
    assert written["code"]["coding"][0] == {
        "system": SDC,
        "code": "complete-questionnaire",
        "display": "Complete Questionnaire",
    }
    assert written["for"] == written["owner"] == {"reference": "Patient/pat-1"}
    assert written["encounter"] == {"reference": "Encounter/enc-3"}
    assert written["requester"] == {"display": "Maple Grove"}
    assert _inputs(written)["questionnaire"]["valueCanonical"] == ASSIGNED.questionnaire
    assert _inputs(written)["response-endpoint"]["valueUrl"] == f"{BASE}/QuestionnaireResponse"
    assert {one["type"]["coding"][0]["system"] for one in written["input"]} == {SDC}
    assert not {"focus", "output", "statusReason"} & set(written)


def test_it_is_known_by_its_own_identifier_and_its_series() -> None:
    written = ours()
    assert written["identifier"] == [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{ID}"}]
    assert written["groupIdentifier"] == {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{GROUP}"}
    assert (written["id"], written["meta"]["versionId"]) == (ID, "2")
    assert written["meta"]["lastUpdated"] == "2026-11-20T20:00:00.000Z"


def test_the_window_is_its_restriction() -> None:
    assert ours()["restriction"]["period"] == {
        "start": "2026-11-20T18:00:00.000Z",
        "end": "2027-02-18T18:00:00.000Z",
    }


def test_it_was_never_changed_before_it_was_made() -> None:
    """R4 inv-1, whatever a clock did in between."""
    written = ours(replace(ASSIGNED, changed_at=THEN - timedelta(seconds=5)))
    assert written["lastModified"] == written["authoredOn"] == "2026-11-20T18:00:00.000Z"


@pytest.mark.parametrize("assigned", ALL, ids=lambda one: one.status.value)
def test_each_status_is_r4s_and_only_what_is_answered_names_an_answer(assigned: AssignedSet) -> None:
    written = ours(assigned)
    assert written["status"] == assigned.status.value
    assert ("output" in written) == (assigned.status is AssignedStatus.COMPLETED)
    assert ("statusReason" in written) == (assigned.status is AssignedStatus.REJECTED)


def test_not_today_is_said_and_nothing_more() -> None:
    """T-03: its words are the patient's alone (rule 17)."""
    assert ours(replace(ASSIGNED, status=AssignedStatus.REJECTED))["statusReason"] == {"text": "not today"}


def test_the_answer_is_named_here_by_its_id_and_there_by_its_address() -> None:
    done = replace(ASSIGNED, status=AssignedStatus.COMPLETED, entry_id="entry-3")
    here, there = ours(done)["output"][0], theirs(done)["output"][0]
    assert here["type"]["coding"][0]["code"] == "questionnaire-response"
    assert here["valueReference"] == {"reference": "QuestionnaireResponse/entry-3"}
    assert there["valueReference"] == {"reference": f"{BASE}/QuestionnaireResponse/entry-3"}


def test_the_record_systems_copy_has_neither_id_nor_version() -> None:
    assert not {"id", "meta"} & set(theirs())


def test_the_same_set_gives_the_same_bytes() -> None:
    one, two = (task.write(ASSIGNED, base=BASE, group=GROUP, clinic="M") for _ in range(2))
    assert one == two


def test_the_ordinal_and_its_evidence_stand_in_our_extensions() -> None:
    """Rule 9; no evidence, no extension: an empty one is no FHIR (ext-1)."""
    ordinal, evidence = ours()["extension"]
    assert ordinal == {"url": task.INFUSION_ORDINAL, "valuePositiveInt": 3}
    assert evidence["url"] == task.INFUSION_EVIDENCE
    assert evidence["extension"] == [
        {"url": "encounter", "valueReference": {"reference": "Encounter/enc-3"}},
        {"url": "encounter", "valueReference": {"reference": "Encounter/enc-3b"}},
        {"url": "ruleVersion", "valueString": "7"},
    ]
    assert ours(replace(ASSIGNED, evidence=(), rule_version=""))["extension"] == [ordinal]


@pytest.mark.parametrize("url", [task.INFUSION_ORDINAL, task.INFUSION_EVIDENCE])
def test_our_extensions_are_published_as_they_are_used(url: str) -> None:
    published = json.loads((FHIR / "StructureDefinition" / f"{url.rpartition('/')[2]}.json").read_bytes())
    used = next(one for one in ours()["extension"] if one["url"] == url)
    elements = {one["id"]: one for one in published["differential"]["element"]}
    assert (published["url"], published["context"]) == (url, [{"type": "element", "expression": "Task"}])
    assert elements["Extension.url"]["fixedUri"] == url
    named = {one["fixedUri"] for one in elements.values() if "extension:" in one["id"] and "fixedUri" in one}
    assert named == {one["url"] for one in used.get("extension", [])}


def test_the_clinic_may_be_a_resource_too() -> None:
    assert ours(requester="Organization/o1")["requester"] == {
        "reference": "Organization/o1",
        "display": "Maple Grove",
    }
