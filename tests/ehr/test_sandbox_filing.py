"""Reading visits from the sandbox, and filing documents there, with the worker's own token."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from service.ehr.client import RecordSystem
from service.ehr.encounters import encounters_of, patient_of
from service.ehr.outcome import Filed, NotSent, Refused, Rung, Unknown, Why
from service.ehr.write_back import (
    file_document,
    find_identical,
    find_version,
    strike_document,
    supersede_document,
)
from tests.ehr.documents import FIRST, SECOND, document
from tests.ehr.shown_records import BY_TYPE
from tests.ehr.worker import sandbox, worker_record

PATIENT = "patient-six-done"


@pytest.fixture
def http(tmp_path: Path) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=httpx2.WSGITransport(app=sandbox(tmp_path))) as client:
        yield client


@pytest.fixture
def record(http: httpx2.Client) -> RecordSystem:
    return worker_record(http)


def test_a_patients_visits_are_read(record: RecordSystem) -> None:
    """Every visit of the patient, each once, and nobody else's."""
    visits = encounters_of(record, PATIENT, BY_TYPE)
    assert len(visits) >= 6
    assert {visit.patient_id for visit in visits} == {PATIENT}
    assert len({visit.id for visit in visits}) == len(visits)


def test_a_patient_is_read(record: RecordSystem) -> None:
    """The patient's name comes from the record system; an unknown id gives nothing."""
    found = patient_of(record, PATIENT)
    assert found is not None
    assert "Harrowgate" in found.name
    assert patient_of(record, "nobody-at-all") is None


@pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH])
def test_filed_twice_stands_once(record: RecordSystem, rung: Rung) -> None:
    """The same version, filed again, finds the first: one document, the same id (rule 22)."""
    body = document(patient=PATIENT)
    first = file_document(record, rung, body, FIRST)
    second = file_document(record, rung, body, FIRST)
    assert isinstance(first, Filed)
    assert first.verified
    assert isinstance(second, Filed)
    assert (second.id, second.existed) == (first.id, True)
    assert len(find_version(record, FIRST)) == 1


def test_an_amendment_is_a_document_of_its_own(record: RecordSystem) -> None:
    """W-02: the second version does not find the first one, though both carry the entry's identifier."""
    first = file_document(record, Rung.CONDITIONAL, document(patient=PATIENT), FIRST)
    assert isinstance(first, Filed)
    amended = document(SECOND, patient=PATIENT, data=b"%PDF new words", replaces=first.id)
    second = file_document(record, Rung.CONDITIONAL, amended, SECOND)
    assert isinstance(second, Filed)
    assert second.id != first.id


def test_without_any_rung_a_repetition_is_a_second_document(record: RecordSystem) -> None:
    """Rung D protects by never being repeated: this shows what would happen if it were."""
    body = document(patient=PATIENT)
    first = file_document(record, Rung.NONE, body, FIRST)
    second = file_document(record, Rung.NONE, body, FIRST)
    assert isinstance(first, Filed)
    assert isinstance(second, Filed)
    assert first.id != second.id
    again = file_document(record, Rung.SEARCH, body, FIRST)
    assert again == Refused(Why.SEVERAL, found=again.found)  # type: ignore[union-attr]
    assert set(again.found) == {first.id, second.id}  # type: ignore[union-attr]


def test_a_document_is_recognised_by_its_bytes(record: RecordSystem) -> None:
    """W-12 (b): on rung D the same patient, date and bytes show that it was filed after all."""
    filed = file_document(record, Rung.NONE, document(patient=PATIENT), FIRST)
    assert isinstance(filed, Filed)
    found = find_identical(record, document(patient=PATIENT), since="2026-11-22")
    assert [one.id for one in found] == [filed.id]
    assert find_identical(record, document(patient=PATIENT, data=b"other"), since="2026-11-22") == ()


def test_a_struck_document_is_not_filed_again(record: RecordSystem) -> None:
    """W-31: struck once, however often asked; and then the version goes to a person, not back into the record."""
    filed = file_document(record, Rung.CONDITIONAL, document(patient=PATIENT), FIRST)
    assert isinstance(filed, Filed)
    assert isinstance(strike_document(record, filed.id, FIRST), Filed)
    again = strike_document(record, filed.id, FIRST)
    assert isinstance(again, Filed)
    assert again.existed
    assert [one.status for one in find_version(record, FIRST)] == ["entered-in-error"]
    refused = file_document(record, Rung.CONDITIONAL, document(patient=PATIENT), FIRST)
    assert isinstance(refused, Refused)
    assert refused.why is Why.STRUCK


def test_only_our_own_document_is_struck(record: RecordSystem) -> None:
    """A document that does not carry the version's identifier is left alone."""
    filed = file_document(record, Rung.CONDITIONAL, document(patient=PATIENT), FIRST)
    assert isinstance(filed, Filed)
    refused = strike_document(record, filed.id, SECOND)
    assert isinstance(refused, Refused)
    assert refused.why is Why.MISMATCH


def test_an_amendment_replaces_what_was_filed(record: RecordSystem) -> None:
    """W-30: the new document names the old one by its id there, and the old one is superseded, once."""
    first = file_document(record, Rung.CONDITIONAL, document(patient=PATIENT), FIRST)
    assert isinstance(first, Filed)
    amended = document(SECOND, patient=PATIENT, data=b"%PDF new words", replaces=first.id)
    second = file_document(record, Rung.CONDITIONAL, amended, SECOND)
    assert isinstance(second, Filed)
    assert supersede_document(record, first.id, FIRST) == Filed(first.id, "2")
    assert supersede_document(record, first.id, FIRST) == Filed(first.id, "2", existed=True)
    [old], [new] = find_version(record, FIRST), find_version(record, SECOND)
    assert (old.status, new.status) == ("superseded", "current")
    standing = record.read("DocumentReference", second.id)
    assert standing is not None
    assert standing["relatesTo"][0]["target"]["reference"] == f"DocumentReference/{first.id}"


def test_an_unknown_patient_is_refused(record: RecordSystem) -> None:
    """A document for nobody ends at a person, with the record system's codes."""
    refused = file_document(record, Rung.CONDITIONAL, document(patient="no-such-patient"), FIRST)
    assert isinstance(refused, Refused)
    assert refused.status in (400, 422)


def test_while_the_record_system_takes_nothing_the_outcome_is_unknown(tmp_path: Path) -> None:
    """C3: a 503 to a create proves nothing, so it is never repeated blindly."""
    app = sandbox(tmp_path, filing=False)
    with httpx2.Client(transport=httpx2.WSGITransport(app=app)) as http:
        outcome = file_document(worker_record(http), Rung.CONDITIONAL, document(patient=PATIENT), FIRST)
    assert isinstance(outcome, Unknown)


def test_where_nobody_listens_nothing_was_sent() -> None:
    """A refused connection is known to have changed nothing."""
    with httpx2.Client() as http:
        record = RecordSystem("http://127.0.0.1:9/fhir", http, lambda: "token", 2.0)
        assert isinstance(file_document(record, Rung.CONDITIONAL, document(), FIRST), NotSent)
