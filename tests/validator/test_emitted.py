"""Claims about the recorder: what leaves the service is kept once, from every way out, and nothing else is."""

import json
from pathlib import Path

import flask
import httpx2
import pytest

from service.ehr.client import RecordSystem
from service.r4 import audit_event
from service.store import audit_trail
from tests.audit.builders import record as deed
from tests.emitted import Recorder, read, record
from tests.validator.spoiling import SPOILERS, spoiled

TASK = '{"resourceType":"Task","id":"%s","authoredOn":"%s","status":"%s"}'


def test_what_differs_by_chance_alone_is_kept_once(tmp_path: Path) -> None:
    first, second = Recorder(tmp_path), Recorder(tmp_path)  # as two processes have them
    one = TASK % ("0f8fad5b-d9cb-469f-a165-70867728950e", "2026-11-20T20:00:00Z", "ready")
    same = TASK % ("7c9e6679-7425-40de-944b-e07fc1f90ae7", "2026-11-21T20:00:01.5Z", "ready")
    other = TASK % ("0f8fad5b-d9cb-469f-a165-70867728950e", "2026-11-20T20:00:00Z", "completed")
    first.keep("filed", one.encode())
    second.keep("filed", same.encode())
    second.keep("filed", other.encode())
    assert len(list(tmp_path.iterdir())) == 2
    assert {json.loads(kept.body)["status"] for kept in read(tmp_path)} == {"ready", "completed"}


@pytest.mark.parametrize("body", [b"", b"plain", b"[1]", b'{"keys": []}'])
def test_what_is_no_resource_is_not_kept(tmp_path: Path, body: bytes) -> None:
    Recorder(tmp_path).keep("answered", body)
    assert read(tmp_path) == []


def answering(name: str) -> flask.Flask:
    """An application of this name that answers with a Task."""
    app = flask.Flask(name)
    app.add_url_rule(
        "/", view_func=lambda: flask.Response(TASK % (name, "", ""), content_type="application/fhir+json")
    )
    return app


def test_our_answers_are_kept_byte_for_byte_and_a_record_systems_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path / "kept", monkeypatch)
    for name in ("service", "tests"):
        assert answering(name).test_client().get("/").status_code == 200
    kept = read(tmp_path / "kept")
    assert [(one.way, one.body) for one in kept] == [("answered", TASK % ("service", "", ""))]
    assert kept[0].test.endswith("a_record_systems_are_not")


def test_what_is_handed_to_a_record_system_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path, monkeypatch)
    transport = httpx2.MockTransport(lambda request: httpx2.Response(201, stream=httpx2.ByteStream(b"{}")))
    with httpx2.Client(transport=transport) as http:
        system = RecordSystem("http://ehr.example/fhir", http, lambda: "token")
        system.create("Task", (TASK % ("created", "", "")).encode())
        system.update("Task", "updated", (TASK % ("updated", "", "")).encode())
    assert {(one.way, json.loads(one.body)["id"]) for one in read(tmp_path)} == {
        ("filed", "created"),
        ("filed", "updated"),
    }


def test_a_remembered_deed_is_kept_as_an_export_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended: list[object] = []
    monkeypatch.setattr(audit_trail, "append", lambda connection, records: appended.extend(records))
    record(tmp_path, monkeypatch)
    audit_trail.append(None, iter([deed()]))  # type: ignore[arg-type]  # nothing is stored here
    assert appended == [deed()]
    assert [one.body.encode() for one in read(tmp_path)] == [audit_event.write(deed(), 0)]


def test_every_spoiler_changes_what_it_fits_and_nothing_where_it_fits_nothing() -> None:
    sound = TASK % ("1", "", "")
    task = json.loads(sound) | {"intent": "order"}
    [planted] = spoiled([json.dumps(task)])
    assert "intent" not in json.loads(planted.body)
    assert list(spoiled(['{"resourceType": "Patient"}'])) == []
    assert len({spoiler.known_by for spoiler in SPOILERS}) == len(SPOILERS)
