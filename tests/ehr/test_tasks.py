"""Assigned sets as Tasks at the record system: one each, as they stand with us (T-01 to T-03)."""

import json
from dataclasses import replace
from typing import Any

import pytest

from service.ehr.outcome import Busy, Filed, HeldThere, NotSent, Outcome, Refused, Unknown, Why
from service.ehr.tasks import write_task
from service.journal.assigned import AssignedSet, AssignedStatus
from service.r4 import task
from service.smart.problems import ScopeMissing
from tests.ehr.hostile_records import BASE, Answer, Ask, HostileRecords, bundle, ok, outcome
from tests.r4.test_task import ASSIGNED, GROUP, ID
from tests.r4.test_task import BASE as OURS

NAME = f"urn:uuid:{ID}"
DONE = replace(ASSIGNED, status=AssignedStatus.COMPLETED, entry_id="entry-3", version=3)
REJECTED = replace(ASSIGNED, status=AssignedStatus.REJECTED, version=3)


def _body(assigned: AssignedSet = ASSIGNED) -> bytes:
    return task.write_for_record_system(assigned, base=OURS, group=GROUP, clinic="Maple Grove")


def _write(records: HostileRecords, assigned: AssignedSet = ASSIGNED) -> Outcome:
    return write_task(records.client(), _body(assigned), NAME)


def _writes(records: HostileRecords) -> list[Ask]:
    return [ask for ask in records.asked if ask.method != "GET"]


def test_it_is_made_once_upon_the_condition_that_it_is_not_there() -> None:
    records = HostileRecords()
    filed = _write(records)
    assert filed == Filed("doc-1", "1")
    [create] = _writes(records)
    assert (create.method, create.path) == ("POST", "/Task")
    assert create.headers["HTTP_IF_NONE_EXIST"] == f"identifier=urn:ietf:rfc:3986|{NAME}"
    assert json.loads(create.body) == json.loads(_body())


def test_told_again_nothing_is_written() -> None:
    records = HostileRecords()
    _write(records)
    assert _write(records) == Filed("doc-1", "1", existed=True)
    assert len(_writes(records)) == 1


def test_what_the_record_system_adds_is_its_own_affair() -> None:
    records = HostileRecords()
    _write(records)
    records.documents["doc-1"] |= {"text": {"status": "generated"}, "note": [{"text": "seen"}]}
    assert _write(records) == Filed("doc-1", "1", existed=True)


@pytest.mark.parametrize("changed", [DONE, REJECTED])
def test_a_change_is_written_upon_the_version_that_was_read(changed: AssignedSet) -> None:
    records = HostileRecords()
    _write(records)
    assert _write(records, changed) == Filed("doc-1", "2")
    update = _writes(records)[1]
    assert (update.method, update.path) == ("PUT", "/Task/doc-1")
    assert update.headers["HTTP_IF_MATCH"] == 'W/"1"'
    assert json.loads(update.body) == json.loads(_body(changed)) | {"id": "doc-1"}
    assert list(records.documents) == ["doc-1"]


def test_an_answer_taken_off_again_goes_there_too() -> None:
    """Detached by a person: what stands there says more than we do, and is older."""
    records = HostileRecords()
    _write(records, DONE)
    only_less = json.loads(_body(DONE))
    del only_less["output"]
    assert write_task(records.client(), json.dumps(only_less).encode(), NAME) == Filed("doc-1", "2")
    assert "output" not in records.documents["doc-1"]


def test_somebody_else_was_faster_with_an_older_state() -> None:
    """The search finds nothing yet, the condition does: what it found is brought up to date (F25)."""
    records = HostileRecords()
    _write(records)
    records.hides = 1
    assert _write(records, DONE) == Filed("doc-1", "2")
    assert list(records.documents) == ["doc-1"]


def test_a_change_in_between_is_a_conflict_and_not_written_over() -> None:
    records = HostileRecords()
    _write(records)
    shown = dict(records.documents["doc-1"])
    records.documents["doc-1"] |= {"meta": {"versionId": "9"}}
    records.before = lambda ask: ok(bundle(shown)) if ask.method == "GET" else None
    refused = _write(records, DONE)
    assert isinstance(refused, Refused)
    assert (refused.why, refused.status) == (Why.CONFLICT, 412)
    assert records.documents["doc-1"]["status"] == "requested"


class TestWhatIsNotTouched:
    def _standing(self, **more: Any) -> HostileRecords:
        records = HostileRecords()
        _write(records)
        records.documents["doc-1"] |= more
        return records

    def test_a_task_marked_wrong_there_stays_so(self) -> None:
        records = self._standing(status="entered-in-error")
        assert _write(records, DONE) == Refused(Why.STRUCK, found=("doc-1",))
        assert len(_writes(records)) == 1

    def test_another_patients_task_under_our_identifier(self) -> None:
        records = self._standing(**{"for": {"reference": "Patient/pat-9"}})
        assert _write(records, DONE) == Refused(Why.MISMATCH, found=("doc-1",))

    def test_an_absolute_reference_to_the_same_patient_is_the_same(self) -> None:
        records = self._standing(**{"for": {"reference": f"{BASE}/Patient/pat-1"}})
        assert isinstance(_write(records, DONE), Filed)

    def test_two_of_them_are_for_a_person(self) -> None:
        records = self._standing()
        records.documents["doc-2"] = records.documents["doc-1"] | {"id": "doc-2"}
        assert _write(records, DONE) == Refused(Why.SEVERAL, found=("doc-1", "doc-2"))

    def test_a_search_that_ignores_the_identifier_proves_nothing(self) -> None:
        other = json.loads(_body()) | {"id": "t-9", "identifier": [{"value": "other"}]}
        records = HostileRecords(before=lambda ask: ok(bundle(other)) if ask.method == "GET" else None)
        assert _write(records) == Refused(Why.OTHER, codes=("search-ignores-identifier",))
        assert _writes(records) == []


class TestFailures:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize(
        ("answer", "on_read", "on_write"),
        [
            ((503, {"Retry-After": "9"}, b""), NotSent("status-503", "9"), Unknown("status-503", "9")),
            ((429, {"Retry-After": "9"}, b""), Busy("9"), Busy("9")),
            ((403, {}, outcome("forbidden")), *[Refused(Why.SCOPE, 403, ("forbidden",))] * 2),
            ((405, {}, b""), *[Refused(Why.OTHER, 405)] * 2),
            ((422, {}, outcome("invariant")), *[Refused(Why.CONTENT, 422, ("invariant",))] * 2),
            ((200, {}, b"<html>sign in</html>"), NotSent("not-json"), Unknown("not-found-after-write")),
            ((202, {}, b""), NotSent("not-json"), HeldThere()),
        ],
    )
    def test_every_failure_is_an_outcome(
        self, method: str, answer: Answer, on_read: Outcome, on_write: Outcome
    ) -> None:
        records = HostileRecords(before=lambda ask: answer if ask.method == method else None)
        assert _write(records) == (on_read if method == "GET" else on_write)

    def test_a_lost_answer_is_found_again(self) -> None:
        records = HostileRecords(after=lambda ask, answer: (504, {}, b""))
        assert _write(records) == Unknown("status-504")
        records.after = lambda ask, answer: answer
        assert _write(records) == Filed("doc-1", "1", existed=True)

    def test_an_answer_without_an_address_is_looked_up(self) -> None:
        records = HostileRecords(after=lambda ask, answer: (201, {}, b""))
        assert _write(records) == Filed("doc-1", "1")

    def test_where_nothing_may_be_read_back_it_is_filed_unverified(self) -> None:
        records = HostileRecords()
        records.before = lambda ask: (403, {}, b"") if ask.path == "/Task/doc-1" else None
        assert _write(records) == Filed("doc-1", "1", verified=False)

    def test_a_scope_that_was_not_granted_is_for_a_person(self) -> None:
        def no_token() -> str:
            raise ScopeMissing("system/Task.c")

        refused = write_task(HostileRecords().client(token=no_token), _body(), NAME)
        assert refused == Refused(Why.SCOPE, codes=("system/Task.c",))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"resourceType":"Task"}',
        b'{"resourceType":"Task","for":{"reference":"Patient/p"}}',
        _body().replace(b'"resourceType":"Task"', b'"resourceType":"Communication"'),
        _body().replace(ID.encode(), b"another"),
    ],
)
def test_what_is_no_task_of_this_name_is_never_sent(body: bytes) -> None:
    records = HostileRecords()
    with pytest.raises(ValueError, match="Task"):
        write_task(records.client(), body, NAME)
    assert records.asked == []
