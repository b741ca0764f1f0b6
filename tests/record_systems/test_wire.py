"""The wire loses only answers to what was carried out, and counts only what really befell a document."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from service.ehr.client import RecordSystem
from service.ehr.outcome import Filed, Outcome, Rung, Unknown
from service.ehr.write_back import file_document
from tests.ehr.documents import FIRST, document
from tests.ehr.hostile_records import BASE, HostileRecords
from tests.record_systems.wire import Trouble, Wire
from tests.world import Clock


class Line:
    """A worker, the wire, and a small record system whose ledger we see."""

    def __init__(self) -> None:
        self.records, self.clock = HostileRecords(), Clock()
        self.wire = Wire(httpx2.WSGITransport(app=self.records), self.clock)
        self.http = httpx2.Client(transport=self.wire)

    def file(self, rung: Rung = Rung.CONDITIONAL) -> Outcome:
        record = RecordSystem(BASE, self.http, lambda: "token")
        return file_document(record, rung, document(), FIRST)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    with made.http:
        yield made


def test_without_a_plan_nothing_happens(line: Line) -> None:
    assert isinstance(line.file(), Filed)
    assert line.wire.happened == []


def test_an_answer_is_lost_after_it_was_written(line: Line) -> None:
    line.wire.documents.append(Trouble.CUT)
    assert isinstance(line.file(), Unknown)
    assert len(line.records.ledger) == 1
    assert line.wire.happened == [Trouble.CUT]
    assert line.file() == Filed(line.records.ledger[0], existed=True)


@pytest.mark.parametrize("rung", [Rung.PUT, Rung.CONDITIONAL])
def test_a_blind_document_is_sent_a_second_time(line: Line, rung: Rung) -> None:
    """Only then has its trouble happened."""
    line.wire.documents.append(Trouble.BLIND)
    assert isinstance(line.file(rung), Unknown)
    assert line.wire.happened == []
    assert isinstance(line.file(rung), Filed)
    assert (line.wire.happened, line.records.writes()) == ([Trouble.BLIND], 2)
    assert len(line.records.documents) == 1


def test_what_is_late_arrives_when_its_time_has_come(line: Line) -> None:
    line.wire.documents.append(Trouble.LATE)
    assert isinstance(line.file(), Unknown)
    assert (line.records.ledger, line.wire.deliver_late()) == ([], 1)
    line.clock.pass_time(minutes=10)
    assert line.wire.deliver_late() == 0
    assert (len(line.records.ledger), line.wire.happened) == (1, [Trouble.LATE])


def test_marks_take_troubles_of_their_own(line: Line) -> None:
    line.wire.marks.append(Trouble.CUT)
    filed = line.file()
    assert isinstance(filed, Filed)
    struck = json.dumps(line.records.documents[filed.id] | {"status": "entered-in-error"}).encode()
    with pytest.raises(httpx2.TransportError, match="lost on the wire"):
        line.http.put(f"{BASE}/DocumentReference/{filed.id}", content=struck)
    assert line.wire.happened == [Trouble.CUT]


def test_what_the_record_system_refuses_counts_as_no_loss(line: Line) -> None:
    line.wire.documents.append(Trouble.CUT)
    line.records.before = lambda ask: (422, {}, b"") if ask.method != "GET" else None
    with pytest.raises(AssertionError):
        line.file()
    assert line.wire.happened == []
