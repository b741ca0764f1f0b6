"""Looking for infusions in the sandbox: visits with their proofs and appointments, merges, changes, and Tasks."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from service.ehr.client import RecordSystem
from service.ehr.encounters import (
    encounters_if_changed,
    encounters_of,
    episodes_of,
    merged_into,
    patients_named,
    survivor_of,
)
from service.ehr.finding import changed_since, patient_changed, way_to_find
from service.ehr.outcome import Filed, Refused, Why
from service.ehr.problems import Refused as RefusedThere
from service.ehr.tasks import write_task
from service.journal.assigned import AssignedSet, AssignedStatus
from service.journal.match import Coding, MatchRule
from service.journal.match import Why as Judged
from service.r4 import task
from tests.ehr.shown_records import BY_TYPE, ZONE
from tests.ehr.worker import ALL_SCOPES, SCOPES, sandbox, worker_record
from tests.r4.test_task import ASSIGNED, BASE, GROUP, ID

SIX_DONE = "patient-six-done"
ROUTINE = Coding("http://terminology.hl7.org/CodeSystem/v2-0276", "ROUTINE")
GIVEN = Coding("http://maplegrove.example/procedures", "ketamine-administration")
BY_ROUTINE = MatchRule("1", ZONE, appointment_types=(ROUTINE,))


@pytest.fixture
def http(tmp_path: Path) -> Iterator[httpx2.Client]:
    app = sandbox(tmp_path, scopes=ALL_SCOPES)
    with httpx2.Client(transport=httpx2.WSGITransport(app=app)) as client:
        yield client


@pytest.fixture
def record(http: httpx2.Client) -> RecordSystem:
    return worker_record(http, scopes=ALL_SCOPES)


def _asking_for_proof(record: RecordSystem) -> MatchRule:
    types = tuple({one for visit in encounters_of(record, SIX_DONE, BY_TYPE) for one in visit.types})
    return MatchRule("1", ZONE, types=types, proof="Procedure", proof_codes=(GIVEN,))


def test_a_rule_by_proof_counts_what_was_given(record: RecordSystem) -> None:
    """Six infusions have their Procedure; intake and follow-up have none."""
    rule = _asking_for_proof(record)
    judged = {visit.id: rule.judge(visit) for visit in encounters_of(record, SIX_DONE, rule)}
    assert sorted(one for one, why in judged.items() if why is Judged.COUNTS) == [
        f"six-done-{number}" for number in range(1, 7)
    ]
    assert judged["six-done-intake"] is Judged.NO_PROOF


def test_what_the_proof_denies_was_not_given(record: RecordSystem) -> None:
    rule = _asking_for_proof(record)
    [visit] = encounters_of(record, "patient-not-given", rule)
    assert rule.judge(visit) is Judged.NOT_DONE


def test_a_rule_by_appointment_counts_what_was_booked_so(record: RecordSystem) -> None:
    visits = encounters_of(record, SIX_DONE, BY_ROUTINE)
    counted = [visit.id for visit in visits if BY_ROUTINE.counts(visit)]
    assert counted == [f"six-done-{number}" for number in range(1, 7)]


def test_without_their_scopes_appointments_are_none_and_proofs_a_failure(http: httpx2.Client) -> None:
    narrow = worker_record(http, scopes=SCOPES)
    assert {one.appointment_types for one in encounters_of(narrow, SIX_DONE, BY_ROUTINE)} == {()}
    with pytest.raises(RefusedThere):
        encounters_of(narrow, SIX_DONE, _asking_for_proof(narrow))


def test_an_episode_is_read(record: RecordSystem) -> None:
    [episode] = episodes_of(record, SIX_DONE, ZONE)
    assert (episode.id, episode.patient_id, episode.is_over) == ("episode-six-done", SIX_DONE, False)
    assert episode.start is not None
    assert episodes_of(record, "patient-none-yet", ZONE) == ()


def test_a_merge_is_confirmed_by_both_records(record: RecordSystem) -> None:
    assert survivor_of(record, "patient-merged-old") == "patient-merged-new"
    assert survivor_of(record, "patient-merged-new") == "patient-merged-new"
    assert survivor_of(record, SIX_DONE) == SIX_DONE
    assert merged_into(record, "patient-merged-new") == ("patient-merged-old",)
    assert merged_into(record, "patient-merged-old") == ()


def test_patients_are_named_together(record: RecordSystem) -> None:
    named = patients_named(record, [SIX_DONE, "patient-merged-new", "nobody"])
    assert {id_: one.id for id_, one in named.items()} == {
        SIX_DONE: SIX_DONE,
        "patient-merged-new": "patient-merged-new",
    }
    assert "Harrowgate" in named[SIX_DONE].name


def test_what_changed_is_found_over_the_clinic(record: RecordSystem) -> None:
    """Everything was made just now; of what is to come there is nothing yet."""
    assert way_to_find(record.capabilities()).by_last_updated
    now = datetime.now(UTC)
    found = list(changed_since(record, now - timedelta(hours=1)))
    assert (SIX_DONE, "six-done-6", "1") in found
    assert len(found) == len({encounter_id for _, encounter_id, _ in found})
    assert list(changed_since(record, now + timedelta(hours=1))) == []


def test_an_unchanged_patient_is_not_read_again(record: RecordSystem) -> None:
    changed, tag = patient_changed(record, SIX_DONE, None)
    assert changed
    assert tag is not None
    assert patient_changed(record, SIX_DONE, tag) == (False, tag)
    assert encounters_if_changed(record, SIX_DONE, BY_TYPE, tag) == (None, tag)
    assert patient_changed(record, "patient-two-in", tag)[0]


def test_a_visit_that_is_added_is_seen(record: RecordSystem) -> None:
    """By the patient's ETag, and over the clinic with its patient and version."""
    _, tag = patient_changed(record, SIX_DONE, None)
    [known] = list(record.search("Encounter", {"_id": "six-done-6"}))
    written = record.create("Encounter", json.dumps(known).encode())
    changed, now = patient_changed(record, SIX_DONE, tag)
    assert (changed, now == tag) == (True, False)
    assert (SIX_DONE, written.id, "1") in list(changed_since(record, datetime.now(UTC) - timedelta(hours=1)))


def test_an_assigned_set_is_one_task_that_follows_it(record: RecordSystem) -> None:
    """T-01 to T-03, as the sandbox takes them: made, told again, declined, and marked wrong there."""
    asked = replace(ASSIGNED, patient_id=SIX_DONE, encounter_id="six-done-3", evidence=("six-done-3",))
    first = _hand_over(record, asked)
    assert isinstance(first, Filed)
    assert (first.version, first.existed) == ("1", False)
    assert _hand_over(record, asked) == Filed(first.id, "1", existed=True)
    declined = replace(asked, status=AssignedStatus.REJECTED, version=3)
    assert _hand_over(record, declined) == Filed(first.id, "2")
    standing = record.read("Task", first.id)
    assert standing is not None
    assert (standing["status"], standing["statusReason"]) == ("rejected", {"text": "not today"})
    record.update("Task", first.id, json.dumps(standing | {"status": "entered-in-error"}).encode())
    assert _hand_over(record, asked) == Refused(Why.STRUCK, found=(first.id,))


def _hand_over(record: RecordSystem, assigned: AssignedSet) -> object:
    body = task.write_for_record_system(assigned, base=BASE, group=GROUP, clinic="Maple Grove")
    return write_task(record, body, f"urn:uuid:{ID}")
